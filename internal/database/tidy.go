package database

import (
	"context"
	"errors"
	"time"
)

// shrinkFrom is how many pages of 4 KiB a file keeps unused, for what comes next.
const shrinkFrom = 1000

// DeleteSome deletes at most 200 rows of the table, those that the condition is true of, and returns how many: what
// sweeps delete, a bite at a time. key is the primary key's columns; order is those of the index that finds the rows:
// without it PostgreSQL reads the table from its beginning each time, through everything that was deleted before.
// The condition is asked twice, because PostgreSQL asks only the outer one again for a row that somebody else has just
// changed: what was renewed meanwhile stays. table, key, order and condition are constants of the program.
func (db *DB) DeleteSome(ctx context.Context, table, key, order, condition string, args ...any) (int64, error) {
	res, err := db.ExecContext(ctx, "DELETE FROM "+table+" WHERE ("+key+") IN (SELECT "+key+" FROM "+table+
		" WHERE "+condition+" ORDER BY "+order+" LIMIT 200) AND "+condition, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Tidy gives back the space that a SQLite file does not need any more: it brings the -wal into the file and cuts it to
// nothing, so that nothing deleted is left in it either, and shrinks the file after a large purge, a bite at a time.
// It holds nobody up: where somebody is reading, the next Tidy does it. On PostgreSQL autovacuum does all this.
func (db *DB) Tidy(ctx context.Context) error {
	if !db.SQLite() {
		return nil
	}
	if err := db.shrink(ctx); err != nil {
		return err
	}
	conn, err := openAlone(db.file.path, "rw")
	if err != nil {
		return err
	}
	defer conn.Close()
	// A connection of its own, that does not wait: on the writer's, with its 5 s, a reader would hold every write up.
	if _, err := conn.ExecContext(ctx, `PRAGMA busy_timeout = 0`); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	if isBusy(err) {
		return nil
	}
	return err
}

// shrink gives unused pages back to the file system while there are many. Files that were made without auto_vacuum
// keep theirs.
func (db *DB) shrink(ctx context.Context) error {
	for ctx.Err() == nil {
		var pages, unused, mode int64
		err := errors.Join(
			db.QueryRowContext(ctx, `PRAGMA auto_vacuum`).Scan(&mode),
			db.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&pages),
			db.QueryRowContext(ctx, `PRAGMA freelist_count`).Scan(&unused),
		)
		if err != nil || mode != 2 || unused < shrinkFrom || unused < pages/4 {
			return err
		}
		began := time.Now()
		if err := db.InTx(ctx, func(ctx context.Context) error {
			rows, err := db.QueryContext(ctx, `PRAGMA incremental_vacuum(500)`)
			if err != nil {
				return err
			}
			for rows.Next() { // a page each
			}
			return errors.Join(rows.Err(), rows.Close())
		}); err != nil {
			return err
		}
		Pause(ctx, time.Since(began))
	}
	return ctx.Err()
}

// Pause waits a moment between two bites of a sweep, for twice as long as the last one took, so that those who write
// for somebody who waits come first.
func Pause(ctx context.Context, took time.Duration) {
	timer := time.NewTimer(min(max(2*took, 2*time.Millisecond), 500*time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
