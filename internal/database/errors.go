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

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"example.com/latchkey/internal/fault"
)

// IsTaken reports whether the error says that a UNIQUE constraint refused a row.
func IsTaken(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// IsRetryable reports whether trying again, in a new transaction, may help:
// a deadlock or a serialisation failure on PostgreSQL.
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

// wrapUnavailable returns the error as fault.Unavailable, which the visitor sees as 503, if it says that the database is away or
// overloaded, and as it is otherwise.
func wrapUnavailable(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	away := errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
			away = true
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) { // classes of PostgreSQL, appendix A: 08 connection, 53 resources, 57P shutdown
		away = strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P") || IsRetryable(err)
		if pg.Code == "26000" || pg.Code == "42P05" { // a prepared statement that is on another server connection
			err = fmt.Errorf("%w; if there is a pooler in transaction mode, add default_query_exec_mode=cache_describe to DATABASE_URL", err)
		}
	}
	var connect *pgconn.ConnectError
	var network net.Error
	if away || errors.As(err, &connect) || errors.As(err, &network) {
		return &fault.Unavailable{What: "database", Err: err}
	}
	return err
}
