package session_test

import (
	"testing"
	"time"

	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/testkit"
)

const day = 24 * time.Hour

// TestAClockThatIsPutBackLengthensNothing sets it right after a day ahead, in which visitors came.
func TestAClockThatIsPutBackLengthensNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn, func(o *session.Options) { o.Lifetime = 2 * time.Hour })
		steps := func(list ...time.Duration) {
			t.Helper()
			for _, d := range list {
				s.clock.Advance(d)
				if err := s.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		steps(0, day)
		once, again, stays := s.visitor(), s.visitor(), s.visitor()
		s.get("/read", again)
		s.get("/read", stays)
		steps(0, -day)
		for name, token := range map[string]string{"again": again, "stays": stays} {
			if got := s.get("/who", token).body; got != "in the future: false" {
				t.Errorf("%s: %s", name, got)
			}
		}
		steps(29 * time.Minute)
		if s.count(`SELECT count(*) FROM sessions WHERE token_hash = $1`, hash(once)) != 1 {
			t.Error("a visitor who was here once is forgotten before the half hour")
		}
		steps(3 * time.Minute)
		if s.lives(once) {
			t.Error("a visitor who was here once is remembered for more than half an hour")
		}
		for range 3 { // sliding, as ever
			steps(70 * time.Minute)
			if !s.lives(stays) {
				t.Fatal("a visitor who comes back is forgotten")
			}
		}
		if s.lives(again) {
			t.Error("a visitor who stayed away lives for more than two hours")
		}
	})
}

// TestAClockThatWasPutBackBeforeTheStart is for an instance that never saw the day ahead.
func TestAClockThatWasPutBackBeforeTheStart(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		ahead := newSite(t, dsn)
		ahead.clock.Advance(365 * day)
		token := ahead.visitor()
		s := newSite(t, dsn)
		if n, err := s.Sweep(t.Context()); n != 0 || err != nil || !s.lives(token) {
			t.Fatalf("%d swept (%v)", n, err)
		}
		s.clock.Advance(31 * day)
		if s.lives(token) {
			t.Error("it lives until the clock is there again")
		}
	})
}

// TestARevokedTokenOfTomorrowIsAStrangers holds that nobody is refused for a day.
func TestARevokedTokenOfTomorrowIsAStrangers(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		s.clock.Advance(day)
		token := s.revokedToken()
		s.clock.Advance(-day)
		if a := s.post("/write?note=anew", token); a.cookie == nil {
			t.Errorf("%d, no cookie", a.status)
		}
		if _, err := s.Sweep(t.Context()); err != nil || s.count(`SELECT count(*) FROM revoked_tokens`) != 0 {
			t.Errorf("it is kept for a day (%v)", err)
		}
	})
}

// TestActivityOfTomorrowWaitsToBeWritten puts the clock back before the batch is written.
func TestActivityOfTomorrowWaitsToBeWritten(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn, func(o *session.Options) { o.Lifetime = time.Hour })
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		token := s.visitor()
		s.clock.Advance(20 * time.Minute)
		s.clock.Advance(day)
		other := s.visitor()
		s.get("/read", other)
		s.clock.Advance(-day)
		s.get("/read", token)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := s.count(`SELECT count(*) FROM sessions WHERE seen_at > $1 OR expires_at > $2`, s.clock.Now().UnixMilli(), s.clock.Now().Add(time.Hour).UnixMilli()); n != 0 {
			t.Errorf("%d rows end later than a lifetime from now", n)
		}
	})
}

// TestARotationRightAfterTheClockWasPutBack comes before any sweep has found it out.
func TestARotationRightAfterTheClockWasPutBack(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn, func(o *session.Options) { o.Lifetime = time.Hour })
		s.clock.Advance(day)
		token := s.visitor()
		s.get("/read", token) // in the batch, and not written
		s.clock.Advance(-day)
		if got := s.get("/who", token).body; got != "in the future: false" {
			t.Error(got)
		}
		next := s.post("/in", token).cookie.Value
		if !s.lives(next) {
			t.Error("the session is lost")
		}
		if s.count(`SELECT count(*) FROM sessions WHERE expires_at > $1`, s.clock.Now().Add(time.Hour).UnixMilli()) != 0 {
			t.Error("it lasts for a day")
		}
	})
}

// TestAFixedLifetimeEndsThoughTheClockWasPutBack counts from the first visit, which was tomorrow.
func TestAFixedLifetimeEndsThoughTheClockWasPutBack(t *testing.T) {
	s := newSite(t, testkit.SQLite(t), func(o *session.Options) { o.Lifetime, o.Fixed = time.Hour, true })
	s.clock.Advance(day)
	token := s.visitor()
	s.clock.Advance(-day)
	for range 3 {
		s.get("/read", token)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(25 * time.Minute)
	}
	if s.lives(token) {
		t.Error("it slides")
	}
}
