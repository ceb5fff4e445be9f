package database_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/testkit/pgtest"
)

// again is what PostgreSQL says when a transaction may be tried again.
const again = `DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`

func TestATransactionIsTriedAgain(t *testing.T) {
	db := open(t, pgtest.URL(t))
	for _, c := range []struct{ failures, runs, commits int }{{0, 1, 1}, {1, 2, 1}, {4, 5, 1}, {99, 5, 0}} {
		runs, commits := 0, 0
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			runs++
			database.OnCommit(ctx, func() { commits++ })
			if _, err := db.ExecContext(ctx, insert+` ON CONFLICT DO NOTHING`, "a"); err != nil {
				return err
			}
			if runs > c.failures {
				return nil
			}
			_, err := db.ExecContext(ctx, again)
			return err
		})
		busy, isBusy := errors.AsType[*fault.Unavailable](err)
		if runs != c.runs || commits != c.commits || isBusy != (commits == 0) || err != nil && !isBusy {
			t.Errorf("failing %d times: run %d times, OnCommit %d times, %v, %v", c.failures, runs, commits, busy, err)
		}
	}
}

// Whoever it stood in the way of is only just waking up. The clock is the bubble's.
func TestATransactionWaitsAMomentBeforeItIsTriedAgain(t *testing.T) {
	dsn := pgtest.URL(t)
	synctest.Test(t, func(t *testing.T) {
		db, err := database.Open(context.Background(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		start, waits := time.Now(), []time.Duration{}
		err = db.InTx(context.Background(), func(context.Context) error {
			waits = append(waits, time.Since(start))
			start = time.Now()
			return &pgconn.PgError{Code: "40P01"}
		})
		if !database.IsRetryable(err) || !slices.Equal(waits, []time.Duration{0, 10e6, 20e6, 30e6, 40e6}) {
			t.Errorf("%v: tried again after %v", err, waits)
		}
	})
}

// Two transactions that lock two rows in opposite order: PostgreSQL ends one of them, and InTx runs it again.
func TestADeadlockEndsWell(t *testing.T) {
	db := open(t, pgtest.URL(t))
	for _, hash := range []string{"a", "b"} {
		if _, err := db.ExecContext(t.Context(), insert, hash); err != nil {
			t.Fatal(err)
		}
	}
	var holds [2]chan struct{}
	for i := range holds {
		holds[i] = make(chan struct{})
	}
	add := func(me int, first, second string) error {
		tried := false
		return db.InTx(context.Background(), func(ctx context.Context) error {
			if _, err := db.ExecContext(ctx, `SET LOCAL deadlock_timeout = '20ms'`); err != nil {
				return err
			}
			for _, hash := range []string{first, second} {
				if _, err := db.ExecContext(ctx, `UPDATE revoked_tokens SET expires_at = expires_at + 1 WHERE token_hash = $1`, hash); err != nil {
					return err
				}
				if !tried { // both hold their first row
					tried = true
					close(holds[me])
					<-holds[1-me]
				}
			}
			return nil
		})
	}
	other := make(chan error, 1)
	go func() { other <- add(1, "b", "a") }()
	if err := errors.Join(add(0, "a", "b"), <-other); err != nil {
		t.Error(err)
	}
	var sum int
	if err := db.QueryRowContext(t.Context(), `SELECT sum(expires_at) FROM revoked_tokens`).Scan(&sum); err != nil || sum != 6 {
		t.Errorf("%d (%v): each transaction counts once", sum, err)
	}
}

// The statements are written for read committed: with anything stricter a lock that was waited for is an error.
func TestTransactionsAreReadCommittedWhateverTheServersDefault(t *testing.T) {
	dsn, sign := pgtest.URL(t), "?"
	if strings.Contains(dsn, "?") {
		sign = "&"
	}
	db := open(t, dsn+sign+"default_transaction_isolation=serializable")
	var level, standard string
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		return db.QueryRowContext(ctx, `SHOW transaction_isolation`).Scan(&level)
	})
	if err := errors.Join(err, db.QueryRowContext(t.Context(), `SHOW default_transaction_isolation`).Scan(&standard)); err != nil {
		t.Fatal(err)
	}
	if level != "read committed" || standard != "serializable" {
		t.Errorf("%s, where the default is %s", level, standard)
	}
}
