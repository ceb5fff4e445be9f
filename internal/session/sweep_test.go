package session_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

func TestTheJanitorSparesASessionThatIsRenewedMeanwhile(t *testing.T) {
	s := newSite(t, pgtest.URL(t))
	token := s.visitor()
	s.clock.Advance(32 * time.Minute) // a first visit lasts 30
	swept := make(chan int64, 1)
	err := s.DB.InTx(t.Context(), func(ctx context.Context) error {
		_, err := s.DB.ExecContext(ctx, `UPDATE sessions SET expires_at = $1`, s.clock.Now().Add(time.Hour).UnixMilli())
		go func() { n, _ := s.Sweep(context.Background()); swept <- n }()
		s.await()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := <-swept; n != 0 || !s.lives(token) {
		t.Errorf("%d swept, though renewed", n)
	}
}

// Another instance may have seen the visitor seconds ago, and not written it yet.
func TestTheJanitorWaitsAMinuteForOtherInstances(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		s.visitor()
		for _, c := range []struct {
			wait time.Duration
			left int
		}{{30*time.Minute + 50*time.Second, 1}, {11 * time.Second, 0}} {
			s.clock.Advance(c.wait)
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := s.count(`SELECT count(*) FROM sessions`); got != c.left {
				t.Errorf("%s later: %d rows, want %d", c.wait, got, c.left)
			}
		}
	})
}

func TestActivityThatWaitsIsBounded(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.exec(`ALTER TABLE views RENAME TO gone`) // as a full disk
		for range 3 {
			for range 60 {
				s.get("/read", token)
			}
			if s.Flush(context.Background()) == nil {
				t.Fatal("flushed into nothing")
			}
		}
		s.get("/flash", token)
		if waiting := s.get("/waiting", token).body; waiting != strings.Repeat("/read,", 49)+"/flash," {
			t.Errorf("there wait %s", waiting)
		}
		s.exec(`ALTER TABLE gone RENAME TO views`)
		if err := s.Flush(context.Background()); err != nil || s.count(`SELECT count(*) FROM views`) != 50 || s.count(`SELECT hits FROM sessions`) != 183 {
			t.Errorf("%v: %d page views, %d hits", err, s.count(`SELECT count(*) FROM views`), s.count(`SELECT hits FROM sessions`))
		}
	})
}

// The activity of a flush that fails is put together with what came meanwhile.
func TestActivityOfAFailedFlushIsBounded(t *testing.T) {
	s := newSite(t, pgtest.URL(t))
	token := s.visitor()
	for range 60 {
		s.get("/read", token)
	}
	s.exec(`ALTER TABLE views RENAME TO gone`)
	flushed := make(chan error, 1)
	err := s.DB.InTx(t.Context(), func(ctx context.Context) error {
		_, err := s.DB.ExecContext(ctx, `SELECT id FROM sessions FOR UPDATE`)
		go func() { flushed <- s.Flush(context.Background()) }()
		s.await()
		s.get("/read", token)
		s.get("/flash", token)
		return err
	})
	if failed := <-flushed; err != nil || failed == nil {
		t.Fatal(err, failed)
	}
	if waiting := s.get("/waiting", token).body; waiting != strings.Repeat("/read,", 49)+"/flash," {
		t.Errorf("there wait %s", waiting)
	}
}
