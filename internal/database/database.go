// Package database opens SQLite or PostgreSQL, migrates it, runs transactions, and holds the few differences
// between the two. It knows no table but what the migrations bring.
package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"example.com/latchkey/internal/fault"
)

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
	if err := db.Ping(ctx); err != nil {
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
	stmt, ctx, err := db.prepare(ctx, db.write, query)
	if err != nil {
		return nil, dress(err)
	}
	res, err := stmt.ExecContext(ctx, args...)
	return res, dress(err)
}

// QueryContext runs a query, in the context's transaction if there is one.
func (db *DB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, ctx, err := db.prepare(ctx, db.read, query)
	if err != nil {
		return nil, dress(err)
	}
	rows, err := stmt.QueryContext(ctx, args...)
	return rows, dress(err)
}

// A Row is the answer to QueryRowContext.
type Row struct {
	row *sql.Row
	err error
}

// Scan copies the row's columns. Without a row it returns sql.ErrNoRows.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return dress(r.err)
	}
	return dress(r.row.Scan(dest...))
}

// QueryRowContext runs a query for one row, in the context's transaction if there is one.
func (db *DB) QueryRowContext(ctx context.Context, query string, args ...any) Row {
	stmt, ctx, err := db.prepare(ctx, db.read, query)
	if err != nil {
		return Row{err: err}
	}
	return Row{row: stmt.QueryRowContext(ctx, args...)}
}

// prepare returns the statement for the context's transaction or, outside of one, for the pool. Each text is
// prepared once and kept: texts are constants of the program, so their number is bounded.
func (db *DB) prepare(ctx context.Context, pool *sql.DB, query string) (*sql.Stmt, context.Context, error) {
	t := txOf(ctx)
	if t != nil {
		pool = db.write
	} else if db.SQLite() {
		// An uncancellable read costs half (SQLite answers in microseconds); commits are never cancelled.
		ctx = context.WithoutCancel(ctx)
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

// IsTaken reports whether the error says that a UNIQUE constraint refused a row.
func IsTaken(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// IsBusy reports whether trying again, in a new transaction, may help:
// a deadlock or a serialisation failure on PostgreSQL.
func IsBusy(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// dress returns the error as fault.Busy, which the visitor sees as 503, if it says that the database is away or
// overloaded, and as it is otherwise.
func dress(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	away := errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.ErrUnexpectedEOF)
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
			away = true
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) { // classes of PostgreSQL, appendix A: 08 connection, 53 resources, 57P shutdown
		away = strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P") || IsBusy(err)
	}
	var connect *pgconn.ConnectError
	var network net.Error
	if away || errors.As(err, &connect) || errors.As(err, &network) {
		return &fault.Busy{What: "database", Err: err}
	}
	return err
}
