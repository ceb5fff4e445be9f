// Package migrations holds the numbered SQL files: text ids, BIGINT milliseconds, no triggers, no dialect functions.
// So the same files serve SQLite and PostgreSQL.
package migrations

import "embed"

// Files are the migrations, in goose's format.
//
//go:embed *.sql
var Files embed.FS
