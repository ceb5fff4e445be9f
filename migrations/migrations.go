// Package migrations holds the numbered SQL files. The same files serve SQLite and PostgreSQL:
// text ids, BIGINT milliseconds, no triggers, no dialect functions.
package migrations

import "embed"

// Files are the migrations, in goose's format.
//
//go:embed *.sql
var Files embed.FS
