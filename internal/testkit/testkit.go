// Package testkit is what tests use: a running application on loopback with a real database, browsers with a cookie
// jar, and a clock that tests move. The only fakes are the clock and the far end of a wire.
package testkit

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/config"
)

// A Kit is a running application.
type Kit struct {
	App   *app.App
	URL   string // of the site, without a slash at the end
	Clock *Clock
	Log   *Log

	t        testing.TB
	settings []string
	stop     func()
}

// Start runs an application with these settings ("NAME=value"), by default on SQLite, in development,
// with cheap hashes, and pages as production has them. It ends with the test.
func Start(t testing.TB, settings ...string) *Kit {
	t.Helper()
	return start(t, &Clock{}, slices.Concat([]string{"DATABASE_URL=" + SQLite(t), "DRAIN=0s", "DEV_BAR=off"}, cheapHashes, settings))
}

func start(t testing.TB, clock *Clock, settings []string) *Kit {
	t.Helper()
	values := map[string]string{}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		values[name] = value
	}
	cfg, err := config.Load(func(name string) string { return values[name] }, app.Settings()...)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.AutoMigrate {
		copyMigrated(t, cfg.DatabaseURL)
	}
	k := &Kit{t: t, Clock: clock, Log: &Log{}, settings: settings}
	level := slog.LevelDebug // what tests read; LOG_LEVEL, where it is said, counts as in the program
	if text := values["LOG_LEVEL"]; text != "" {
		if err := level.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	log := slog.New(slog.NewTextHandler(k.Log, &slog.HandlerOptions{Level: level}))
	if k.App, err = app.New(t.Context(), cfg, log, clock.Now, pages...); err != nil {
		t.Fatal(err)
	}
	if cfg.AutoMigrate {
		k.prepare()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k.URL = "http://" + l.Addr().String()
	k.App.ListensAt(l.Addr()) // Serve says so too, a moment later: a link that is made before must lead here
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- k.App.Serve(ctx, l) }()
	k.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := k.App.Close(); err != nil {
			t.Logf("close: %v", err)
		}
	})
	t.Cleanup(k.stop)
	return k
}

// Stop ends the application as a signal would.
func (k *Kit) Stop() { k.stop() }

// Another runs a second application on the same database, with the same clock.
func (k *Kit) Another() *Kit {
	k.t.Helper()
	return start(k.t, k.Clock, k.settings)
}

// Flush writes the activity that waits.
func (k *Kit) Flush() {
	k.t.Helper()
	if err := k.App.Sessions.Flush(context.Background()); err != nil {
		k.t.Fatal(err)
	}
}

// Exec changes the database behind the application's back.
func (k *Kit) Exec(query string, args ...any) {
	k.t.Helper()
	if _, err := k.App.DB.ExecContext(context.Background(), query, args...); err != nil {
		k.t.Fatal(err)
	}
}

// Count returns the one number that a query answers.
func (k *Kit) Count(query string, args ...any) (n int) {
	k.t.Helper()
	if err := k.App.DB.QueryRowContext(context.Background(), query, args...).Scan(&n); err != nil {
		k.t.Fatal(err)
	}
	return n
}

// Text returns the one text that a query answers.
func (k *Kit) Text(query string, args ...any) (s string) {
	k.t.Helper()
	if err := k.App.DB.QueryRowContext(context.Background(), query, args...).Scan(&s); err != nil {
		k.t.Fatal(err)
	}
	return s
}
