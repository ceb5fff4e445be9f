// Package database opens the database, and runs queries and transactions. A store uses a DB much as it would a sql.DB. The
// context carries the transaction, so everything within InTx must use the context that the function gets:
//
//	err := db.InTx(ctx, func(ctx context.Context) error {
//		_, err := db.ExecContext(ctx, `UPDATE books SET title = $1 WHERE id = $2 AND owner_id = $3`, title, id, ownerID)
//		return err
//	})
//
// It is SQLite or PostgreSQL: what differs there is in postgres.go, and elsewhere behind the question [DB.Postgres].
// The package knows no table: migrate brings them, and what there is to know of a SQLite file is in sqlitefile.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"example.com/latchkey/internal/groupcommit"
	"example.com/latchkey/internal/sqlitefile"
	"example.com/latchkey/internal/walindex"
)

// A DB is an open database: on SQLite one connection that writes and a pool that cannot.
// On PostgreSQL both are the same pool, always of the primary.
//
// A statement that changes something goes through ExecContext, or through InTx if it returns rows too.
type DB struct {
	// OnQuery, if not nil, is called with each statement before it runs, and the context of its caller. Set it before
	// anything is served. What a Cache holds is not asked for again, and not told.
	OnQuery func(ctx context.Context, query string)

	write, read *sql.DB
	log         *slog.Logger
	file        *sqlitefile.File // nil on PostgreSQL
	writer      *groupcommit.Writer
	pinned      *sql.Conn
	index       *walindex.Index // nil where it cannot be mapped
	mu          sync.RWMutex
	prepared    map[statement]*sql.Stmt
}

// Options are how to open a database. The zero value is what tests want.
type Options struct {
	Log      *slog.Logger  // nil: nothing is logged
	Existing bool          // fail if there is no SQLite file, rather than make one
	Wait     time.Duration // how long to wait for a server that is not there yet; 0: one try
}

// Open opens the database that the URL names, "sqlite:FILE" or "postgres://…", and makes the SQLite file if there is none.
// It does not migrate.
func Open(ctx context.Context, dsn string) (*DB, error) { return OpenWith(ctx, dsn, Options{}) }

// OpenWith opens the database that the URL names as the options say. It does not migrate.
func OpenWith(ctx context.Context, dsn string, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	db := &DB{log: o.Log, prepared: map[statement]*sql.Stmt{}}
	if err := db.open(ctx, dsn, o); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// File returns the path of the SQLite file.
// On PostgreSQL it returns "".
func (db *DB) File() string {
	if db.Postgres() {
		return ""
	}
	return db.file.Path
}

// Writer returns the pool that writes, for what runs apart from everything else: migrations.
func (db *DB) Writer() *sql.DB { return db.write }

// Ping answers whether the database can be reached, and on SQLite whether its file is still the one that was opened.
func (db *DB) Ping(ctx context.Context) error {
	if db.Postgres() {
		return db.write.PingContext(ctx)
	}
	if err := db.file.Check(); err != nil {
		return err
	}
	return errors.Join(db.write.PingContext(ctx), db.read.PingContext(ctx))
}

// HasTable reports whether there is a table of this name.
func (db *DB) HasTable(ctx context.Context, name string) (bool, error) {
	query := `SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = $1`
	if db.Postgres() {
		query = `SELECT to_regclass($1) IS NOT NULL`
	}
	var has bool
	if err := db.QueryRowContext(ctx, query, name).Scan(&has); err != nil {
		return false, fmt.Errorf("look for the table %s: %w", name, err)
	}
	return has, nil
}

// Close closes the database after the statements that are under way.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	var errs []error
	for _, stmt := range db.prepared {
		errs = append(errs, stmt.Close())
	}
	clear(db.prepared)
	errs = append(errs, db.closeIndex())
	for _, pool := range []*sql.DB{db.read, db.write} { // one, if they are the same: it is closed once
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}
