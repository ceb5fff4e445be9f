package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// shrinkFrom is how many pages of 4 KiB a file keeps unused, for what comes next.
const shrinkFrom = 1000

// Tidy gives back the space that a file in use no longer needs. It copies the -wal into the file and truncates it, so that
// nothing deleted is left there either, and shrinks the file after a large purge, a bite at a time. It holds nobody up: what
// would have to wait for a reader or a writer is left to the next Tidy.
func Tidy(ctx context.Context, path string) error {
	// A connection of its own, that hardly waits: on the writer's, with its 5 s, a reader would hold every write up.
	conn, err := openAlone(path, "rw")
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := shrink(ctx, conn); err != nil && !isBusy(err) {
		return err
	}
	if _, err := conn.ExecContext(ctx, `PRAGMA busy_timeout = 0`); err != nil {
		return err
	}
	// PASSIVE does most of the work and lets others write meanwhile; TRUNCATE does not.
	for _, mode := range []string{"PASSIVE", "TRUNCATE"} {
		if _, err := conn.ExecContext(ctx, `PRAGMA wal_checkpoint(`+mode+`)`); err != nil {
			if isBusy(err) {
				return nil
			}
			return err
		}
	}
	return nil
}

// shrink gives unused pages back to the file system while there are many. Files that were made without auto_vacuum
// keep theirs.
func shrink(ctx context.Context, conn *sql.DB) error {
	for ctx.Err() == nil {
		var pages, unused, mode int64
		err := errors.Join(
			conn.QueryRowContext(ctx, `PRAGMA auto_vacuum`).Scan(&mode),
			conn.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&pages),
			conn.QueryRowContext(ctx, `PRAGMA freelist_count`).Scan(&unused),
		)
		if err != nil || mode != 2 || unused < shrinkFrom || unused < pages/4 {
			return err
		}
		began := time.Now()
		if _, err := conn.ExecContext(ctx, `PRAGMA incremental_vacuum(100)`); err != nil {
			return err
		}
		Pause(ctx, time.Since(began))
	}
	return ctx.Err()
}

// isBusy reports whether SQLite says that somebody else has the lock.
func isBusy(err error) bool {
	lite, ok := errors.AsType[*sqlite.Error](err)
	return ok && lite.Code()&0xff == sqlite3.SQLITE_BUSY
}

// Pause waits a moment between two bites of a sweep, for twice as long as the last one took, so that writes which somebody
// waits for come first.
func Pause(ctx context.Context, took time.Duration) {
	timer := time.NewTimer(min(max(2*took, 2*time.Millisecond), 500*time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
