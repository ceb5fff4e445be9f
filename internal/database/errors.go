package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"example.com/latchkey/internal/fault"
)

// IsTaken reports whether the error says that a UNIQUE constraint refused a row.
func IsTaken(err error) bool {
	if isTakenOnPostgres(err) {
		return true
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && (lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// IsMissing reports whether the error says that a FOREIGN KEY constraint refused a row: what it refers to is not there, or not any
// more.
func IsMissing(err error) bool {
	if isMissingOnPostgres(err) {
		return true
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
}

// wrapUnavailable returns the error as fault.Unavailable, which the visitor sees as 503, if it says that the database is away or
// overloaded, and as it is otherwise.
func wrapUnavailable(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if means, known := ofPostgres(err); known {
		return means
	}
	away := errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded)
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
			away = true
		}
	}
	if away {
		return &fault.Unavailable{What: "database", Err: err}
	}
	return err
}
