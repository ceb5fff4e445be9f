package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/groupcommit"
)

// txTimeout bounds a transaction, which runs without the request's cancellation:
// a client that goes away must not undo what was about to be saved.
const txTimeout = 5 * time.Second

type (
	txKey      struct{}
	timeoutKey struct{}
)

// WithTimeout returns a context whose transactions may take this long, waiting for a connection and for locks included,
// and not the usual 5 seconds: for what can be left undone.
func WithTimeout(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, timeoutKey{}, d)
}

func timeoutOf(ctx context.Context) time.Duration {
	if d, ok := ctx.Value(timeoutKey{}).(time.Duration); ok {
		return d
	}
	return txTimeout
}

type apartKey struct{}

// Apart returns a context whose transactions share no commit with others: for what writes a lot and nobody waits for.
func Apart(ctx context.Context) context.Context { return context.WithValue(ctx, apartKey{}, true) }

// A transaction is what the context carries.
type transaction struct {
	tx       *sql.Tx     // nil of a single statement
	stmts    []statement // seen for the first time inside: prepared for everyone after the commit
	onCommit []func()
}

func txOf(ctx context.Context) *transaction {
	t, _ := ctx.Value(txKey{}).(*transaction)
	return t
}

// InTx runs fn in a transaction, which the context that fn gets carries, and commits it if fn returns nil.
// Called within a transaction it joins that one, so that effects of several packages happen together or not at all.
// After a deadlock, or on a connection that was dead, fn is run again: what it does outside the database belongs in OnCommit.
//
// On SQLite, those who come at the same moment share one commit, and so one wait for the disk: see package groupcommit. Each
// fn runs alone, and if it fails it is undone alone. It is run again if what was shared failed.
func (db *DB) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if txOf(ctx) != nil {
		return fn(ctx)
	}
	return db.inTx(ctx, false, fn)
}

// inTx is InTx, outside of a transaction. With single, fn runs one statement.
func (db *DB) inTx(ctx context.Context, single bool, fn func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeoutOf(ctx))
	defer cancel()
	err := db.tryTx(ctx, single, fn)
	if errors.Is(err, groupcommit.ErrShared) && ctx.Err() == nil {
		err = db.tryTx(Apart(ctx), single, fn)
	}
	if err != nil && ctx.Err() != nil { // whatever it says: the time was over
		return &fault.Unavailable{What: "database", Err: err}
	}
	return wrapUnavailable(err)
}

func (db *DB) tryTx(ctx context.Context, single bool, fn func(ctx context.Context) error) error {
	t := &transaction{}
	run := func(tx *sql.Tx) error {
		*t = transaction{tx: tx} // of this try
		return fn(context.WithValue(ctx, txKey{}, t))
	}
	if err := db.run(ctx, single, run); err != nil {
		return err
	}
	for _, s := range t.stmts {
		if _, err := db.keep(ctx, s); err != nil {
			break // only slower: the next transaction prepares it for itself
		}
	}
	for _, f := range t.onCommit {
		f()
	}
	return nil
}

// run runs a transaction, of one statement with single, and commits it.
func (db *DB) run(ctx context.Context, single bool, run func(tx *sql.Tx) error) error {
	if db.Postgres() {
		return db.runOnPostgres(ctx, single, run)
	}
	if err := db.file.Check(); err != nil {
		return err
	}
	return db.writer.Do(ctx, groupcommit.Work{Run: run, Single: single, Apart: ctx.Value(apartKey{}) != nil})
}

// OnCommit runs f after the context's transaction was committed, at once if there is none, never if it is rolled back.
func OnCommit(ctx context.Context, f func()) {
	if t := txOf(ctx); t != nil {
		t.onCommit = append(t.onCommit, f)
		return
	}
	f()
}

// NotInTx panics if a transaction is open: slow work (what says which) inside one would hold everybody's writes.
func NotInTx(ctx context.Context, what string) {
	if txOf(ctx) != nil {
		panic("database: " + what + " inside a transaction")
	}
}

// OneRow returns missing if the result of an UPDATE or DELETE says that no row was touched.
func OneRow(res sql.Result, err, missing error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n == 0 {
		return missing
	}
	return nil
}

// GoneAlready makes success of a deletion that found nothing, which is the error fault.NotFound, if nobody has a row with this
// id: then another tab has deleted it, or the first press of the button, and what was asked for is done. others finds a row by
// its id, whoever owns it. Of somebody else's the error stays, as it does of what is no id.
func (db *DB) GoneAlready(ctx context.Context, err error, others, id string) error {
	if !errors.Is(err, fault.NotFound) || !IsID(id) {
		return err
	}
	exists, failed := db.Exists(ctx, others, id)
	if exists {
		return fmt.Errorf("this is somebody else's: %w", err)
	}
	return failed
}

// Bit is what tables hold of a yes or no: 1 or 0.
func Bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Millis is t as the tables keep times: Unix milliseconds. The zero time is 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Time is the reverse of Millis, in UTC.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
