package database_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/migrate"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
	"example.com/latchkey/migrations"
)

func open(t *testing.T, dsn string) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := migrate.Up(t.Context(), db, migrations.Files); err != nil {
		t.Fatal(err)
	}
	return db
}

const insert = `INSERT INTO revoked_tokens (token_hash, expires_at, session_id) VALUES ($1, 1, '')`

func rows(t *testing.T, db *database.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(context.Background(), `SELECT count(*) FROM revoked_tokens`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConcurrentStartsMigrateOnce(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		applied := 0
		ready := make(chan struct{})
		for range 12 {
			db, err := database.Open(t.Context(), dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			wg.Go(func() {
				<-ready
				n, err := migrate.Up(context.Background(), db, migrations.Files)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				applied += n
			})
		}
		close(ready)
		wg.Wait()
		db := open(t, dsn)
		files, err := fs.Glob(migrations.Files, "*.sql")
		if err != nil {
			t.Fatal(err)
		}
		if pending, err := migrate.Pending(t.Context(), db, migrations.Files); applied != len(files) || pending || err != nil {
			t.Errorf("%d applied, pending %v, %v", applied, pending, err)
		}
	})
}

func TestATransactionIsAllOrNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		broken := errors.New("broken")
		for name, fn := range map[string]func(ctx context.Context) error{
			"error": func(ctx context.Context) error {
				_, err := db.ExecContext(ctx, insert, "a")
				return errors.Join(err, broken)
			},
			"error of one that joined": func(ctx context.Context) error {
				_, err := db.ExecContext(ctx, insert, "b")
				return errors.Join(err, db.InTx(ctx, func(ctx context.Context) error {
					_, err := db.ExecContext(ctx, insert, "c")
					return errors.Join(err, broken)
				}))
			},
		} {
			ran := false
			err := db.InTx(t.Context(), func(ctx context.Context) error {
				database.OnCommit(ctx, func() { ran = true })
				return fn(ctx)
			})
			if !errors.Is(err, broken) || ran || rows(t, db) != 0 {
				t.Errorf("%s: %v, OnCommit ran %v, %d rows", name, err, ran, rows(t, db))
			}
		}
		func() {
			defer func() { _ = recover() }()
			_ = db.InTx(t.Context(), func(ctx context.Context) error {
				if _, err := db.ExecContext(ctx, insert, "d"); err != nil {
					t.Error(err)
				}
				panic("in the middle")
			})
		}()
		if got := rows(t, db); got != 0 {
			t.Errorf("%d rows after a panic", got)
		}
		gone, cancel := context.WithCancel(t.Context())
		ran := false
		if err := db.InTx(gone, func(ctx context.Context) error {
			cancel() // the client goes away
			database.OnCommit(ctx, func() { ran = true })
			_, err := db.ExecContext(ctx, insert, "e")
			return err
		}); err != nil || !ran || rows(t, db) != 1 {
			t.Errorf("a client that went away undid the commit: %v, %d rows", err, rows(t, db))
		}
	})
}

func TestIsTaken(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		if _, err := db.ExecContext(t.Context(), insert, "a"); err != nil {
			t.Fatal(err)
		}
		_, err := db.ExecContext(t.Context(), insert, "a")
		if !database.IsTaken(err) || database.IsTaken(nil) || database.IsTaken(errors.New("x")) {
			t.Errorf("%v", err)
		}
	})
}

func TestIsMissing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		for _, statement := range []string{`CREATE TABLE parents (id TEXT PRIMARY KEY)`, `CREATE TABLE children (parent_id TEXT REFERENCES parents (id))`} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		_, err := db.ExecContext(t.Context(), `INSERT INTO children (parent_id) VALUES ('nobody')`)
		if !database.IsMissing(err) || database.IsTaken(err) || database.IsMissing(nil) || database.IsMissing(errors.New("x")) {
			t.Errorf("%v", err)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	db := open(t, testkit.SQLite(t))
	var hash string
	err := db.QueryRowContext(t.Context(), `INSERT INTO revoked_tokens (token_hash, expires_at, session_id) VALUES ('x', 1, '') RETURNING token_hash`).Scan(&hash)
	if err == nil || rows(t, db) != 0 {
		t.Errorf("a reader wrote: %v", err)
	}
	for _, pragma := range []struct{ name, want string }{{"journal_mode", "wal"}, {"foreign_keys", "1"}, {"synchronous", "2"}} {
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			var got string
			if err := db.QueryRowContext(ctx, "PRAGMA "+pragma.name).Scan(&got); err != nil || got != pragma.want {
				t.Errorf("%s is %s (%v)", pragma.name, got, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadersDoNotWaitForTheWriter(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		if err := db.InTx(t.Context(), func(ctx context.Context) error {
			if _, err := db.ExecContext(ctx, insert, "a"); err != nil {
				return err
			}
			if got := rows(t, db); got != 0 { // another connection, while this one writes
				t.Errorf("%d rows before the commit", got)
			}
			return nil
		}); err != nil || rows(t, db) != 1 {
			t.Error(err)
		}
	})
}

func TestADatabaseThatIsAwayIsUnavailable(t *testing.T) {
	server := pgtest.StartServer(t)
	db := open(t, server.URL(t))
	server.Stop()
	_, err := db.ExecContext(t.Context(), insert, "a")
	if _, ok := errors.AsType[*fault.Unavailable](err); !ok {
		t.Errorf("%T %v", err, err)
	}
}

// The clock is the bubble's: nobody waits.
func TestATransactionOverItsTimeLimitIsUnavailable(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		open(t, dsn) // migrates
		for name, then := range map[string]func(ctx context.Context, db *database.DB) error{
			"says so":       func(ctx context.Context, _ *database.DB) error { return ctx.Err() },
			"another error": func(context.Context, *database.DB) error { return errors.New("some other") },
			"a late statement": func(ctx context.Context, db *database.DB) error {
				_, err := db.ExecContext(ctx, insert, "late")
				return err
			},
			"a late commit": func(context.Context, *database.DB) error { return nil },
		} {
			synctest.Test(t, func(t *testing.T) {
				db, err := database.Open(context.Background(), dsn)
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				start, runs := time.Now(), 0
				err = db.InTx(context.Background(), func(ctx context.Context) error {
					runs++
					<-ctx.Done()
					return then(ctx, db)
				})
				if _, busy := errors.AsType[*fault.Unavailable](err); !busy || runs != 1 {
					t.Errorf("%s: %v after %d runs", name, err, runs)
				}
				if took := time.Since(start); took != 5*time.Second {
					t.Errorf("%s: after %s", name, took)
				}
				if got := rows(t, db); got != 0 {
					t.Errorf("%s: %d rows", name, got)
				}
			})
		}
	})
}

func TestNotInTx(t *testing.T) {
	db := open(t, testkit.SQLite(t))
	database.NotInTx(t.Context(), "hashing")
	err := db.InTx(t.Context(), func(ctx context.Context) (err error) {
		defer func() {
			if p := recover(); p == nil || !strings.Contains(p.(string), "hashing") {
				t.Errorf("slow work in a transaction: %v", p)
			}
		}()
		database.NotInTx(ctx, "hashing")
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTimes(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 12, 0, 5e6, time.UTC)
	if !database.Time(database.Millis(at)).Equal(at) || database.Millis(time.Time{}) != 0 || !database.Time(0).IsZero() {
		t.Error("a time does not survive the table")
	}
}
