package database

import (
	"context"
	"database/sql"
)

// ExecContext runs a statement that changes something, in the context's transaction if there is one.
func (db *DB) ExecContext(ctx context.Context, query string, args ...any) (res sql.Result, err error) {
	if txOf(ctx) == nil { // as a transaction: under a time limit, and not cancelled by a client that goes away
		err = db.inTx(ctx, true, func(ctx context.Context) error {
			res, err = db.ExecContext(ctx, query, args...)
			return err
		})
		return res, err
	}
	stmt, err := db.prepare(ctx, db.write, query)
	if err != nil {
		return nil, wrapUnavailable(err)
	}
	res, err = stmt.ExecContext(ctx, args...)
	return res, wrapUnavailable(err)
}

// reading bounds a read outside of a transaction. SQLite reads never block; without cancellation they cost half.
func (db *DB) reading(ctx context.Context) (context.Context, context.CancelFunc) {
	if txOf(ctx) != nil {
		return ctx, func() {}
	}
	if db.Postgres() {
		return context.WithTimeout(ctx, txTimeout)
	}
	return context.WithoutCancel(ctx), func() {}
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

// Err returns the error that ended the rows early, nil for none.
func (r *Rows) Err() error { return wrapUnavailable(r.Rows.Err()) }

// QueryContext runs a query, in the context's transaction if there is one.
func (db *DB) QueryContext(ctx context.Context, query string, args ...any) (*Rows, error) {
	ctx, cancel := db.reading(ctx)
	stmt, err := db.prepare(ctx, db.read, query)
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
	stmt, err := db.prepare(ctx, db.read, query)
	if err != nil {
		return Row{err: err, cancel: cancel}
	}
	return Row{row: stmt.QueryRowContext(ctx, args...), cancel: cancel}
}

// runnable is a statement that is ready to run: on SQLite a prepared one.
type runnable interface {
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, args ...any) *sql.Row
}

// A statement is a text and the pool that it runs on.
type statement struct {
	pool *sql.DB
	text string
}

// prepare returns the statement for the context's transaction or, outside of one, for the pool.
//
// Each text is prepared once and kept: texts are constants of the program, so their number is bounded.
func (db *DB) prepare(ctx context.Context, pool *sql.DB, query string) (runnable, error) {
	if db.OnQuery != nil {
		db.OnQuery(ctx, query)
	}
	t := txOf(ctx)
	if t != nil && t.tx == nil {
		t = nil // a single statement
	}
	if db.Postgres() {
		return plain(t, pool, query), nil
	}
	if t != nil {
		pool = db.write
	}
	key := statement{pool, query}
	db.mu.RLock()
	stmt := db.prepared[key]
	db.mu.RUnlock()
	if t == nil {
		if stmt != nil {
			return stmt, nil
		}
		return db.keep(ctx, key)
	}
	if stmt != nil {
		return t.tx.StmtContext(ctx, stmt), nil
	}
	// The only writing connection is taken by this transaction: prepare on it, for it.
	stmt, err := t.tx.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	t.stmts = append(t.stmts, key)
	return stmt, nil
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

// Statements returns the texts of the statements that ran so far, on SQLite: for the test that asks how each is done.
func (db *DB) Statements() (texts []string) {
	db.mu.RLock()
	defer db.mu.RUnlock()
	for s := range db.prepared {
		texts = append(texts, s.text)
	}
	return texts
}
