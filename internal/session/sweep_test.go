package session_test

import (
	"context"
	"net/http"
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

func TestTheTrailThatWaitsIsBounded(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.exec(`ALTER TABLE trail RENAME TO gone`) // as a full disk
		for range 3 {
			for range 60 {
				s.get("/read", token)
			}
			if s.Flush(context.Background()) == nil {
				t.Fatal("flushed into nothing")
			}
		}
		s.get("/flash", token)
		trail := s.WaitingTrail()
		if len(trail) != 50 || trail[49].Pattern != "/flash" {
			t.Errorf("%d page views wait, the last of %v", len(trail), trail[len(trail)-1])
		}
		s.exec(`ALTER TABLE gone RENAME TO trail`)
		if err := s.Flush(context.Background()); err != nil || s.count(`SELECT count(*) FROM trail`) != 50 || s.count(`SELECT hits FROM sessions`) != 182 {
			t.Errorf("%v: %d page views, %d hits", err, s.count(`SELECT count(*) FROM trail`), s.count(`SELECT hits FROM sessions`))
		}
	})
}

// The activity of a flush that fails is put together with what came meanwhile.
func TestTheTrailOfAFailedFlushIsBounded(t *testing.T) {
	s := newSite(t, pgtest.URL(t))
	token := s.visitor()
	for range 60 {
		s.get("/read", token)
	}
	s.exec(`ALTER TABLE trail RENAME TO gone`)
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
	if trail := s.WaitingTrail(); len(trail) != 50 || trail[48].Pattern != "/read" || trail[49].Pattern != "/flash" {
		t.Errorf("%d page views wait, the last of %v", len(trail), trail[len(trail)-1])
	}
}

// Whoever looks at the trail sees what is written and what waits, and writes nothing.
func TestShowingTheTrailWritesNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.get("/read", token)
		if err := s.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		s.get("/flash", token)
		err := s.DB.InTx(t.Context(), func(ctx context.Context) error { // whoever wants to write would wait
			_, err := s.DB.ExecContext(ctx, `UPDATE sessions SET hits = hits`)
			a := s.get("/trail", token)
			write, read, flash := strings.Index(a.body, "/write"), strings.Index(a.body, "/read"), strings.Index(a.body, "/flash")
			if a.status != http.StatusOK || strings.Count(a.body, "GET") != 3 || flash < 0 || read < flash || write < read {
				t.Errorf("%d %s", a.status, a.body)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
