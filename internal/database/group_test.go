package database_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/testkit"
)

// On SQLite those who come at the same moment share a transaction. If it is lost because of one of them, the others are
// done again, and notice nothing.
func TestWhatWasSharedAndLostIsDoneAgain(t *testing.T) {
	dsn := testkit.SQLite(t)
	open(t, dsn) // migrates
	synctest.Test(t, func(t *testing.T) {
		db, err := database.Open(context.Background(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		const many, culprit = 8, 5
		var runs, commits [many]int
		var errs [many]error
		var all sync.WaitGroup
		err = db.InTx(t.Context(), func(context.Context) error {
			for i := range many {
				all.Go(func() {
					errs[i] = db.InTx(context.Background(), func(ctx context.Context) error {
						runs[i]++
						database.OnCommit(ctx, func() { commits[i]++ })
						if _, err := db.ExecContext(ctx, insert, fmt.Sprint(i)); err != nil || i != culprit {
							return err
						}
						_, err := db.ExecContext(ctx, `INSERT OR ROLLBACK INTO revoked_tokens (token_hash, expires_at, session_id) VALUES ($1, 1, '')`, fmt.Sprint(i))
						return err
					})
				})
				synctest.Wait()
			}
			return nil
		})
		all.Wait()
		for i := range many {
			if i == culprit {
				if !database.IsTaken(errs[i]) || commits[i] != 0 {
					t.Errorf("the culprit: %v, OnCommit ran %d times", errs[i], commits[i])
				}
				continue
			}
			if errs[i] != nil || commits[i] != 1 {
				t.Errorf("%d: %v, run %d times, OnCommit %d times", i, errs[i], runs[i], commits[i])
			}
		}
		if got := rows(t, db); err != nil || got != many-1 || runs[0] != 2 {
			t.Errorf("%v, %d rows; the first ran %d times", err, got, runs[0])
		}
	})
}

// A single statement that shares a transaction, and one that has none.
func TestSingleStatementsShare(t *testing.T) {
	dsn := testkit.SQLite(t)
	open(t, dsn)
	synctest.Test(t, func(t *testing.T) {
		db, err := database.Open(context.Background(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var all sync.WaitGroup
		errs := make([]error, 5)
		err = db.InTx(t.Context(), func(context.Context) error {
			for i := range errs {
				all.Go(func() { _, errs[i] = db.ExecContext(context.Background(), insert, fmt.Sprint(i%4)) })
				synctest.Wait()
			}
			return nil
		})
		all.Wait()
		if err := errors.Join(err, errors.Join(errs[:4]...)); err != nil || !database.IsTaken(errs[4]) || rows(t, db) != 4 {
			t.Errorf("%v; %v; %d rows", err, errs[4], rows(t, db))
		}
	})
}
