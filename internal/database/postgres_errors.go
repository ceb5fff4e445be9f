package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/latchkey/internal/fault"
)

// isTakenOnPostgres is IsTaken for the server.
func isTakenOnPostgres(err error) bool {
	var says *pgconn.PgError
	return errors.As(err, &says) && says.Code == "23505"
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
