package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"example.com/latchkey/internal/fault"
)

const (
	// poolSize is how many connections one program has to the server.
	poolSize = 16
	// connectTimeout is how long one try to connect may take, unless the URL has a connect_timeout.
	connectTimeout = 10 * time.Second
	// waitSays is how often a start that waits for its server says so.
	waitSays = 3 * time.Second
	// waitPause is the pause between two tries.
	waitPause = 500 * time.Millisecond
	// retryAfter is how long a transaction waits before it is tried again, times the number of the try.
	retryAfter = 10 * time.Millisecond
)

// isPostgres reports whether a URL names a server.
func isPostgres(dsn string) bool { return !strings.HasPrefix(dsn, "sqlite:") }

// Postgres reports whether this is PostgreSQL. What differs there begins with this question, and is done when it is answered.
func (db *DB) Postgres() bool { return db.file == nil }

func (db *DB) openPostgres(ctx context.Context, dsn string, o Options) error {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return err
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	db.write = stdlib.OpenDB(*cfg)
	db.write.SetMaxOpenConns(poolSize)
	db.write.SetMaxIdleConns(poolSize)
	db.write.SetConnMaxLifetime(time.Hour)
	db.read = db.write
	return db.await(ctx, o.Wait)
}

// await returns when the server answers. One that is away, or still starting, is asked again until the wait is over;
// a server that says no, to the password or the database's name, is not asked twice.
func (db *DB) await(ctx context.Context, wait time.Duration) error {
	began, said := time.Now(), time.Now()
	for {
		err := db.write.PingContext(ctx)
		waited := time.Since(began)
		var says *pgconn.PgError
		final := errors.As(err, &says) && !errors.As(wrapUnavailable(says), new(*fault.Unavailable))
		if err == nil || final || waited >= wait || ctx.Err() != nil {
			return err
		}
		if time.Since(said) >= waitSays || waited < waitPause {
			said = time.Now()
			db.log.Warn("waiting for the database", "for_at_most", (wait - waited).Round(time.Second).String(), "err", oneLine(err))
		}
		select {
		case <-time.After(waitPause):
		case <-ctx.Done():
		}
	}
}

// Clock returns what the server's clock shows.
func (db *DB) Clock(ctx context.Context) (time.Time, error) {
	var ms int64
	err := db.QueryRowContext(ctx, `SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)`).Scan(&ms)
	return Time(ms), err
}

// runOnPostgres is run. It runs a transaction again once, if its connection was dead, and up to four times as long as IsRetryable
// says so.
func (db *DB) runOnPostgres(ctx context.Context, single bool, run func(tx *sql.Tx) error) error {
	err := db.try(ctx, single, run)
	if wasNotSent(err) && ctx.Err() == nil {
		err = db.try(ctx, single, run)
	}
	for n := 1; n <= 4 && IsRetryable(err); n++ {
		select { // whoever we stood in the way of goes first, and is only just waking up
		case <-time.After(time.Duration(n) * retryAfter):
		case <-ctx.Done():
		}
		err = db.try(ctx, single, run)
	}
	return err
}

// try runs a transaction once. A single statement is one by itself, for which tx is nil.
func (db *DB) try(ctx context.Context, single bool, run func(tx *sql.Tx) error) (err error) {
	if single {
		return run(nil)
	}
	// Read committed is what the statements are written for, whatever the server's default.
	options := &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	var tx *sql.Tx
	if err := againIfDead(ctx, func() (err error) {
		tx, err = db.write.BeginTx(ctx, options)
		return err
	}); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done { // fn failed or panicked
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if err := run(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	done = true
	return nil
}

// plain returns the statement for the transaction or, outside of one, for the pool. Nothing is prepared here: the driver does
// this by itself, as the URL's default_query_exec_mode says. Behind a pooler that hands each transaction to another server
// connection, a statement that we prepared would not be there.
func plain(t *transaction, pool *sql.DB, query string) runnable {
	if t != nil {
		return plainText{t.tx, query}
	}
	return plainText{pool, query}
}

// plainText is a statement that is sent as it is.
type plainText struct {
	on interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
	text string
}

func (p plainText) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return p.on.ExecContext(ctx, p.text, args...)
}

func (p plainText) QueryContext(ctx context.Context, args ...any) (rows *sql.Rows, err error) {
	err = againIfDead(ctx, func() error {
		rows, err = p.on.QueryContext(ctx, p.text, args...)
		return err
	})
	return rows, err
}

func (p plainText) QueryRowContext(ctx context.Context, args ...any) (row *sql.Row) {
	againIfDead(ctx, func() error { //nolint:errcheck // the row has it
		row = p.on.QueryRowContext(ctx, p.text, args...)
		return row.Err()
	})
	return row
}

// isTakenOnPostgres is IsTaken for the server.
func isTakenOnPostgres(err error) bool {
	var says *pgconn.PgError
	return errors.As(err, &says) && says.Code == "23505"
}

// isMissingOnPostgres is IsMissing for the server.
func isMissingOnPostgres(err error) bool {
	var says *pgconn.PgError
	return errors.As(err, &says) && says.Code == "23503"
}

// IsRetryable reports whether trying again, in a new transaction, may help:
// a deadlock or a serialisation failure.
func IsRetryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// wasNotSent reports whether the connection was found dead before anything of the statement, or of COMMIT, was sent:
// the transaction has left nothing behind, and may be run again on another connection.
func wasNotSent(err error) bool { return pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) }

// isDead reports whether a connection of the pool turned out to be dead: the server was restarted since it was used.
// A server that cannot be reached at all is something else.
func isDead(err error) bool {
	var connect *pgconn.ConnectError
	if err == nil || errors.As(err, &connect) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var pg *pgconn.PgError
	var network *net.OpError
	return wasNotSent(err) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &network) ||
		errors.As(err, &pg) && strings.HasPrefix(pg.Code, "57P")
}

// againIfDead runs what has no effect, a query or BEGIN, and runs it again as long as it is given connections that a
// restart of the server has left dead in the pool. In a transaction it is run once: that is on one connection.
func againIfDead(ctx context.Context, run func() error) error {
	err := run()
	for n := 0; n < poolSize && isDead(err) && ctx.Err() == nil && txOf(ctx) == nil; n++ {
		err = run()
	}
	return err
}

// oneLine is the text of an error on one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// ofPostgres returns what wrapUnavailable returns for an error of the server, or on the way to it. known is false for any other.
func ofPostgres(err error) (means error, known bool) {
	away := errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
	var says *pgconn.PgError
	if errors.As(err, &says) { // classes of PostgreSQL, appendix A: 08 connection, 53 resources, 57P shutdown
		away = strings.HasPrefix(says.Code, "08") || strings.HasPrefix(says.Code, "53") || strings.HasPrefix(says.Code, "57P") || IsRetryable(err)
		if says.Code == "26000" || says.Code == "42P05" { // a prepared statement that is on another server connection
			err = fmt.Errorf("%w; if there is a pooler in transaction mode, add default_query_exec_mode=cache_describe to DATABASE_URL", err)
		}
	}
	var connect *pgconn.ConnectError
	var network net.Error
	if away || errors.As(err, &connect) || errors.As(err, &network) {
		return &fault.Unavailable{What: "database", Err: err}, true
	}
	return err, says != nil
}
