// Package migrate brings a database to the newest of the numbered SQL files, one start at a time, and keeps a list of those
// that were applied, by which a program refuses the database of another one.
package migrate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"
	goosedb "github.com/pressly/goose/v3/database"

	"example.com/latchkey/internal/database"
)

// lockTime is how long a start waits for another one that migrates.
const lockTime = 10 * time.Minute

// Up brings the database to the newest of the numbered SQL files, each in a transaction, and returns how many were
// applied. Programs that start at the same time wait for each other, if there is something to apply.
//
// It returns an error, and applies nothing, if the database has a migration that is not among the files, or that had
// other content when it was applied.
func Up(ctx context.Context, db *database.DB, files fs.FS) (applied int, err error) {
	known, err := readMigrations(files)
	if err != nil {
		return 0, err
	}
	missing, unnoted, err := compare(ctx, db, known)
	if err != nil || len(missing)+len(unnoted) == 0 {
		return 0, err
	}
	unlock, err := lock(ctx, db)
	if err != nil {
		return 0, fmt.Errorf("lock for migrations: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	// What another start has applied meanwhile is not applied again.
	missing, unnoted, err = compare(ctx, db, known)
	for _, m := range unnoted {
		err = errors.Join(err, record(ctx, db.Writer(), m))
	}
	if err != nil || len(missing) == 0 {
		return 0, err
	}
	p, err := provider(db, known, files)
	if err != nil {
		return 0, err
	}
	restore, err := waitOnce(ctx, db)
	if err != nil {
		return 0, err
	}
	results, err := p.Up(ctx)
	err = errors.Join(err, restore())
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		return len(partial.Applied), fmt.Errorf("migration %s: %w", partial.Failed.Source.Path, partial.Err)
	}
	return len(results), err
}

// waitOnce lets the commits of migrations not wait for the disk one by one, until restore is called. The next commit waits for them all. A power cut before that takes the last of them back, whole, and the next start applies them again
// (https://sqlite.org/pragma.html#pragma_synchronous: in WAL mode NORMAL is consistent).
func waitOnce(ctx context.Context, db *database.DB) (restore func() error, err error) {
	if db.Postgres() {
		return func() error { return nil }, nil
	}
	set := func(level string) error {
		_, err := db.Writer().ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous = "+level)
		return err
	}
	return func() error { return set("full") }, set("normal")
}

// Pending reports whether there are migrations that the database does not have. Its errors are those of Up.
func Pending(ctx context.Context, db *database.DB, files fs.FS) (bool, error) {
	known, err := readMigrations(files)
	if err != nil {
		return false, err
	}
	missing, _, err := compare(ctx, db, known)
	return len(missing) > 0, err
}

// makeTable makes the table of applied migrations, if it is not there.
func makeTable(ctx context.Context, db *database.DB) error {
	_, err := db.Writer().ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS migrations (
			version    BIGINT PRIMARY KEY,
			name       TEXT   NOT NULL,
			sha256     TEXT   NOT NULL, -- of the file's content
			applied_at BIGINT NOT NULL
		)`)
	return err
}

// provider is goose for this database. Numbers may come out of order: the starter's are below those of whoever builds
// on it.
func provider(db *database.DB, known map[int64]migration, files fs.FS) (*goose.Provider, error) {
	dialect := goose.DialectSQLite3
	if db.Postgres() {
		dialect = goose.DialectPostgres
	}
	store, err := goosedb.NewStore(dialect, goose.DefaultTablename)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider("", db.Writer(), files, goose.WithStore(recorder{store, known}),
		goose.WithSlog(slog.New(slog.DiscardHandler)), goose.WithAllowOutofOrder(true))
}

// recorder notes each migration's name and content in our own table, in the transaction that applies it.
type recorder struct {
	goosedb.Store
	known map[int64]migration
}

func (r recorder) Insert(ctx context.Context, db goosedb.DBTxConn, req goosedb.InsertRequest) error {
	if err := r.Store.Insert(ctx, db, req); err != nil || req.Version == 0 { // 0: goose's own
		return err
	}
	return record(ctx, db, r.known[req.Version])
}
