package database

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings the database to the newest of the numbered SQL files, each in a transaction, and returns
// how many were applied. Programs that start at the same time wait for each other:
// on a file beside the SQLite file, on an advisory lock in PostgreSQL.
func (db *DB) Migrate(ctx context.Context, files fs.FS) (applied int, err error) {
	dialect := goose.DialectPostgres
	options := []goose.ProviderOption{
		goose.WithSlog(slog.New(slog.DiscardHandler)),
		goose.WithAllowOutofOrder(true), // the starter's numbers are below those of whoever builds on it
	}
	if db.SQLite() {
		dialect = goose.DialectSQLite3
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		l := flock.New(db.file + ".migrate.lock")
		if _, err := l.TryLockContext(ctx, 50*time.Millisecond); err != nil {
			return 0, fmt.Errorf("lock for migrations: %w", err)
		}
		defer l.Unlock() //nolint:errcheck // the lock goes with the process at the latest
	} else {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return 0, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db.write, files, options...)
	if err != nil {
		return 0, err
	}
	results, err := provider.Up(ctx)
	return len(results), err
}

// Pending reports whether there are migrations that the database does not have.
func (db *DB) Pending(ctx context.Context, files fs.FS) (bool, error) {
	dialect := goose.DialectPostgres
	if db.SQLite() {
		dialect = goose.DialectSQLite3
	}
	provider, err := goose.NewProvider(dialect, db.write, files)
	if err != nil {
		return false, err
	}
	return provider.HasPending(ctx)
}
