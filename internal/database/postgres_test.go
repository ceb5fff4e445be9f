package database_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

// logged waits until the log says so.
func logged(t *testing.T, log *testkit.Log, text string) {
	t.Helper()
	for start := time.Now(); !strings.Contains(log.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatalf("it never says %q: %s", text, log)
		}
	}
}

func TestAServerThatIsNotThereYetIsWaitedFor(t *testing.T) {
	server := pgtest.StartServer(t)
	dsn := server.URL(t)
	server.Stop()
	log := &testkit.Log{}
	opened := make(chan error, 1)
	go func() {
		db, err := database.OpenWith(context.Background(), dsn, database.Options{Log: logger(log), Wait: time.Minute})
		if err == nil {
			err = db.Close()
		}
		opened <- err
	}()
	logged(t, log, "waiting for the database")
	server.Start()
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

// A server that says no is not asked again; one that is away is given up when the wait is over.
func TestWhatIsNotWaitedFor(t *testing.T) {
	dsn := pgtest.URL(t)
	nowhere := "postgres://u:secret@127.0.0.1:1/x"
	name, _, _ := strings.Cut(dsn, "?")
	other := strings.Replace(dsn, name, name+"_none", 1)
	for _, c := range []struct {
		dsn   string
		wait  time.Duration
		waits bool
	}{
		{other, time.Hour, false},
		{nowhere, 0, false},
		{nowhere, time.Nanosecond, false},
		{nowhere, 600 * time.Millisecond, true},
	} {
		log := &testkit.Log{}
		db, err := database.OpenWith(t.Context(), c.dsn, database.Options{Log: logger(log), Wait: c.wait})
		if err == nil {
			db.Close()
			t.Errorf("%s can be opened", c.dsn)
			continue
		}
		if got := strings.Contains(log.String(), "waiting for the database"); got != c.waits || strings.Contains(err.Error()+log.String(), "secret") {
			t.Errorf("%s: %v, %s", c.dsn, err, log)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	log := &testkit.Log{}
	ended := make(chan error, 1)
	go func() {
		_, err := database.OpenWith(gone, nowhere, database.Options{Log: logger(log), Wait: time.Hour})
		ended <- err
	}()
	logged(t, log, "waiting for the database")
	cancel() // a signal ends the wait
	if err := <-ended; err == nil {
		t.Error("it can be opened")
	}
}

// After a restart of the server every connection of the pool is dead. Nobody notices: what has not begun is begun on
// another one.
func TestARestartOfTheServerIsNotNoticed(t *testing.T) {
	server := pgtest.StartServer(t)
	db := open(t, server.URL(t))
	for name, do := range map[string]func() error{
		"a transaction": func() error {
			return db.InTx(context.Background(), func(ctx context.Context) error {
				_, err := db.ExecContext(ctx, insert+` ON CONFLICT DO NOTHING`, "a")
				return err
			})
		},
		"a row": func() error { return db.QueryRowContext(context.Background(), `SELECT 1`).Scan(new(int)) },
		"rows": func() error {
			rows, err := db.QueryContext(context.Background(), `SELECT 1`)
			if err != nil {
				return err
			}
			return rows.Close()
		},
	} {
		// All connections of the pool, at the same time.
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if err := db.QueryRowContext(context.Background(), `SELECT pg_sleep(0.2)`).Scan(new(string)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		server.Stop()
		server.Start()
		for range 20 {
			if err := do(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
