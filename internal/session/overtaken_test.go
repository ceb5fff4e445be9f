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

// lives reports whether the token is that of the visitor's session, and not of a stranger's or a fresh one.
func (s *site) lives(token string) bool {
	s.t.Helper()
	return strings.Contains(s.get("/read", token).body, "note=first")
}

func TestALogOutOvertakenByARotationIsFinal(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		for _, end := range []string{"out", "erase"} {
			for _, rotation := range []string{"/in", "/again"} {
				s := newSite(t, dsn)
				s.exec(`DELETE FROM sessions`)
				token := s.visitor()
				finish := s.slowly("POST", "/slow?do="+end, token)
				next := s.post(rotation, token).cookie.Value
				a := finish()
				if s.lives(next) || s.lives(token) || a.status != http.StatusOK || a.cookie == nil {
					t.Errorf("%s after %s: %d, cookie %v; the session lives on: %v", end, rotation, a.status, a.cookie, s.lives(next))
				}
				if p := s.post("/write?note=x", next); p.status != http.StatusConflict {
					t.Errorf("%s after %s: the new token is not revoked: %d", end, rotation, p.status)
				}
				fresh := s.count(`SELECT count(*) FROM sessions`)
				if end == "out" && (fresh != 1 || s.get("/read", a.cookie.Value).cookie != nil) || end == "erase" && (fresh != 0 || a.cookie.MaxAge != -1) {
					t.Errorf("%s after %s: %d rows, cookie %v", end, rotation, fresh, a.cookie)
				}
			}
		}
	})
}

// A browser sends its form before it has read the answer that brings the new cookie.
func TestALogOutThatArrivesJustAfterItsTokenWasRenewedIsFinal(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		next := s.post("/again", token).cookie.Value
		if a := s.post("/out", token); a.status != http.StatusOK || a.cookie != nil {
			t.Errorf("%d, cookie %v: the browser has the new cookie", a.status, a.cookie)
		}
		if s.lives(next) || s.count(`SELECT count(*) FROM sessions`) != 0 {
			t.Error("the session lives on")
		}

		// What is known of the old token is good for a minute, and never for whoever knew it before a log in.
		token = s.visitor()
		next = s.post("/in", token).cookie.Value
		s.post("/out", token)
		if !s.lives(next) {
			t.Error("whoever planted the token logs the visitor out")
		}
		last := s.post("/again", next).cookie.Value
		s.clock.Advance(time.Minute + time.Second)
		s.post("/out", next)
		if !s.lives(last) {
			t.Error("an old token ends the session after more than a minute")
		}
	})
}

func TestTwoLogOutsAtOnceHandOutOneSession(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		finish := s.slowly("POST", "/slow?do=out", token)
		first := s.post("/out", token)
		second := finish()
		if first.cookie == nil || second.cookie != nil || second.status != http.StatusOK || s.count(`SELECT count(*) FROM sessions`) != 1 {
			t.Errorf("cookies %v and %v (%d), %d rows", first.cookie, second.cookie, second.status, s.count(`SELECT count(*) FROM sessions`))
		}
	})
}

// A transaction that is tried again must do the same again: what it read from memory is as it was.
func TestWhatEndsASessionSurvivesARetriedTransaction(t *testing.T) {
	s := newSite(t, pgtest.URL(t))
	for end, act := range ends {
		token := s.visitor()
		did := testkit.Stumble(t, s.DB, "revoked_tokens")
		next := act(s, token)
		if !did() {
			t.Fatalf("%s: nothing was tried again", end)
		}
		if s.lives(token) || s.post("/write?note=x", token).status != http.StatusConflict {
			t.Errorf("%s: the old token lives on", end)
		}
		if next != "" && (s.get("/read", next).cookie != nil || s.lives(next) != (end == "rotation")) {
			t.Errorf("%s: the new token: %s", end, s.get("/read", next).body)
		}
	}
}

func TestAnEraseThatFailsKeepsTheCookie(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.exec(`ALTER TABLE revoked_tokens RENAME TO gone`)
		a := s.post("/erase", token)
		s.exec(`ALTER TABLE gone RENAME TO revoked_tokens`)
		if a.status < 500 || a.cookie != nil || !s.lives(token) {
			t.Errorf("%d, cookie %v: the row stays, and nothing is left to try it again with", a.status, a.cookie)
		}
		if a := s.post("/erase", token); a.status != http.StatusOK || s.lives(token) {
			t.Errorf("a second time: %d", a.status)
		}
	})
}

// Authority goes by the token that came, also when the row has another one by now.
func TestThePresentedHashIsThatOfTheTokenThatCame(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		planted := s.visitor()
		finish := s.slowly("GET", "/slow", planted)
		next := s.post("/in", planted).cookie.Value
		if got := finish().body; !strings.Contains(got, "presents="+hash(planted)) {
			t.Errorf("%s: it follows into the log in (%s)", got, hash(next))
		}
	})
}

func TestARotationKeepsWhatIsWrittenMeanwhile(t *testing.T) {
	s := newSite(t, pgtest.URL(t))
	token, done := s.visitor(), make(chan answer, 1)
	err := s.DB.InTx(t.Context(), func(ctx context.Context) error {
		_, err := s.DB.ExecContext(ctx, `UPDATE sessions SET data = '{"test.note":"meanwhile"}'`)
		go func() { done <- s.post("/in", token) }()
		s.await()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := <-done; a.cookie == nil || !strings.Contains(s.get("/read", a.cookie.Value).body, "note=meanwhile") {
		t.Errorf("%d: the change is lost", a.status)
	}
}

func TestAPanicKeepsTheCookieOfARotation(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		a := s.post("/panic?do=in", s.visitor())
		if a.status != http.StatusInternalServerError || a.cookie == nil {
			t.Fatalf("%d, cookie %v: the browser is left with a revoked token", a.status, a.cookie)
		}
		if got := s.get("/read", a.cookie.Value); got.cookie != nil || !strings.Contains(got.body, "note=lost") { // saved by the rotation
			t.Errorf("the new token does not work: %s", got.body)
		}
	})
}

// A visitor whose session has ended, and who logs in anew, is somebody else for all we know.
func TestALogInWithARevokedTokenBringsNothingAlong(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.post("/out", token)
		a := s.post("/in?note=left&count=1", token)
		if a.cookie == nil {
			t.Fatalf("%d, no cookie", a.status)
		}
		if got := s.get("/read", a.cookie.Value).body; !strings.Contains(got, "note=- ") || !strings.Contains(got, "count=0") {
			t.Error(got)
		}
	})
}
