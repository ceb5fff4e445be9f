// Package database opens SQLite or PostgreSQL, migrates it, runs transactions, and holds the few differences
// between the two. It knows no table but what the migrations bring.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// startTimeout is how long the database may take to answer for the first time.
const startTimeout = 1500 * time.Millisecond

// A DB is an open database. On SQLite it is one connection that writes and a pool that cannot;
// on PostgreSQL both are the same pool, always of the primary.
//
// A statement that changes something goes through ExecContext, or through InTx if it returns rows too.
type DB struct {
	write, read *sql.DB
	file        string // of SQLite, "" on PostgreSQL
	mu          sync.RWMutex
	prepared    map[statement]*sql.Stmt
}

// A statement is a text prepared on one of the pools.
type statement struct {
	pool *sql.DB
	text string
}

// Open opens the database that the URL names: "sqlite:path" or "postgres://…".
// It makes the folder of a SQLite file. It does not migrate.
func Open(ctx context.Context, dsn string) (*DB, error) {
	db := &DB{prepared: map[statement]*sql.Stmt{}}
	var err error
	if file, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		err = db.openSQLite(file)
	} else {
		db.write, err = sql.Open("pgx", dsn)
		if err == nil {
			db.write.SetMaxOpenConns(16)
			db.write.SetMaxIdleConns(16)
			db.write.SetConnMaxLifetime(time.Hour)
		}
		db.read = db.write
	}
	if err != nil {
		return nil, err
	}
	if err := db.try(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (db *DB) openSQLite(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	db.file = file
	open := func(options string) (*sql.DB, error) {
		// synchronous(full): a log out that was answered survives a power cut.
		return sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+
			"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=journal_mode(wal)&_pragma=synchronous(full)"+
			"&_pragma=cache_size(-16000)"+options)
	}
	var err error
	if db.write, err = open("&_txlock=immediate"); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	db.write.SetMaxIdleConns(1)
	// The file must be there, in WAL mode, before somebody who cannot write opens it.
	if err := db.write.Ping(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if db.read, err = open("&_pragma=query_only(1)"); err != nil {
		return err
	}
	readers := max(4, runtime.GOMAXPROCS(0)*2)
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	return nil
}

// try finds out at the start what would else be found out by the first visitor: a server that does not answer,
// a file that cannot be written.
func (db *DB) try(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := db.Ping(ctx); err != nil {
		return err
	}
	if !db.SQLite() {
		return nil
	}
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	// Not BEGIN IMMEDIATE alone: of a file that can only be read, SQLite makes a transaction that reads.
	_, err = tx.ExecContext(ctx, `CREATE TABLE try_to_write (id TEXT)`)
	return errors.Join(err, tx.Rollback())
}

// SQLite reports whether this is SQLite, where it is not PostgreSQL.
func (db *DB) SQLite() bool { return db.file != "" }

// Ping answers whether the database can be reached.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.write.PingContext(ctx); err != nil || db.read == db.write {
		return err
	}
	return db.read.PingContext(ctx)
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
	if db.read != nil && db.read != db.write {
		errs = append(errs, db.read.Close())
	}
	if db.write != nil {
		errs = append(errs, db.write.Close())
	}
	return errors.Join(errs...)
}

// ExecContext runs a statement that changes something, in the context's transaction if there is one.
func (db *DB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if txOf(ctx) == nil { // as a transaction: under a time limit, and not cancelled by a client that goes away
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), txTimeout)
		defer cancel()
		ctx = limited
	}
	stmt, ctx, err := db.prepare(ctx, db.write, query)
	if err != nil {
		return nil, wrapUnavailable(err)
	}
	res, err := stmt.ExecContext(ctx, args...)
	return res, wrapUnavailable(err)
}

// reading bounds a read outside of a transaction. SQLite answers in microseconds and waits for nobody, and an
// uncancellable read there costs half.
func (db *DB) reading(ctx context.Context) (context.Context, context.CancelFunc) {
	switch {
	case txOf(ctx) != nil:
		return ctx, func() {}
	case db.SQLite():
		return context.WithoutCancel(ctx), func() {}
	}
	return context.WithTimeout(ctx, txTimeout)
}

// Rows are the answer to QueryContext. They must be closed.
type Rows struct {
	*sql.Rows
	cancel context.CancelFunc
}

// Close ends the query. It may be called again.
func (r *Rows) Close() error {
	defer r.cancel()
	return r.Rows.Close()
}

// QueryContext runs a query, in the context's transaction if there is one.
func (db *DB) QueryContext(ctx context.Context, query string, args ...any) (*Rows, error) {
	ctx, cancel := db.reading(ctx)
	stmt, ctx, err := db.prepare(ctx, db.read, query)
	if err != nil {
		cancel()
		return nil, wrapUnavailable(err)
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		cancel()
		return nil, wrapUnavailable(err)
	}
	return &Rows{rows, cancel}, nil
}

// A Row is the answer to QueryRowContext. It must be scanned.
type Row struct {
	row    *sql.Row
	err    error
	cancel context.CancelFunc
}

// Scan copies the row's columns. Without a row it returns sql.ErrNoRows.
func (r Row) Scan(dest ...any) error {
	defer r.cancel()
	if r.err != nil {
		return wrapUnavailable(r.err)
	}
	return wrapUnavailable(r.row.Scan(dest...))
}

// QueryRowContext runs a query for one row, in the context's transaction if there is one.
func (db *DB) QueryRowContext(ctx context.Context, query string, args ...any) Row {
	ctx, cancel := db.reading(ctx)
	stmt, ctx, err := db.prepare(ctx, db.read, query)
	if err != nil {
		return Row{err: err, cancel: cancel}
	}
	return Row{row: stmt.QueryRowContext(ctx, args...), cancel: cancel}
}

// prepare returns the statement for the context's transaction or, outside of one, for the pool. Each text is
// prepared once and kept: texts are constants of the program, so their number is bounded.
func (db *DB) prepare(ctx context.Context, pool *sql.DB, query string) (*sql.Stmt, context.Context, error) {
	t := txOf(ctx)
	if t != nil {
		pool = db.write
	}
	key := statement{pool, query}
	db.mu.RLock()
	stmt := db.prepared[key]
	db.mu.RUnlock()
	if stmt == nil {
		if t != nil {
			// The only writing connection is taken by this transaction: prepare on it, for it.
			stmt, err := t.tx.PrepareContext(ctx, query)
			if err != nil {
				return nil, ctx, err
			}
			t.stmts = append(t.stmts, statement{pool, query})
			return stmt, ctx, nil
		}
		var err error
		if stmt, err = db.keep(ctx, key); err != nil {
			return nil, ctx, err
		}
	}
	if t != nil {
		return t.tx.StmtContext(ctx, stmt), ctx, nil
	}
	return stmt, ctx, nil
}

func (db *DB) keep(ctx context.Context, key statement) (*sql.Stmt, error) {
	stmt, err := key.pool.PrepareContext(ctx, key.text)
	if err != nil {
		return nil, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if other := db.prepared[key]; other != nil {
		return other, stmt.Close()
	}
	db.prepared[key] = stmt
	return stmt, nil
}
