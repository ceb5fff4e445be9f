package session_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// ends are the ways in which a token is revoked while another request with it is in flight.
// They return the token that took its place, "" for none.
var ends = map[string]func(s *site, token string) string{
	"log out":  func(s *site, token string) string { return s.post("/out", token).cookie.Value },
	"rotation": func(s *site, token string) string { return s.post("/in", token).cookie.Value },
	"erase":    func(s *site, token string) string { s.post("/erase", token); return "" },
	"remote end": func(s *site, token string) string {
		var id string
		if err := s.DB.QueryRowContext(s.t.Context(), `SELECT id FROM sessions WHERE token_hash = $1`, hash(token)).Scan(&id); err != nil {
			s.t.Fatal(err)
		}
		if err := s.End(s.t.Context(), id); err != nil {
			s.t.Fatal(err)
		}
		return ""
	},
}

func eachEnd(t *testing.T, test func(t *testing.T, s *site, end string)) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		for end := range ends {
			t.Run(end, func(t *testing.T) { s.t = t; test(t, s, end) })
		}
	})
}

func TestSlowReaderInFlightGetsNoCookie(t *testing.T) {
	eachEnd(t, func(t *testing.T, s *site, end string) {
		token := s.visitor()
		finish := s.slowly("GET", "/slow", token)
		next := ends[end](s, token)
		a := finish()
		if a.status != http.StatusOK || a.cookie != nil {
			t.Errorf("reader: %d, cookie %v", a.status, a.cookie)
		}
		if a := s.get("/read", token); strings.Contains(a.body, "first") || a.cookie != nil {
			t.Errorf("the old token lives: %s %v", a.body, a.cookie)
		}
		if next != "" && s.get("/read", next).cookie != nil {
			t.Error("the new token was replaced")
		}
	})
}

func TestSlowWriterInFlightBringsNothingBack(t *testing.T) {
	eachEnd(t, func(t *testing.T, s *site, end string) {
		token := s.visitor()
		rows := s.count(`SELECT count(*) FROM sessions`)
		finish := s.slowly("POST", "/slow?note=written&lasting=kept&guest=dropped", token)
		next := ends[end](s, token)
		a := finish()
		if a.cookie != nil {
			t.Errorf("the writer got a cookie: %v", a.cookie)
		}
		if got := s.count(`SELECT count(*) FROM sessions WHERE token_hash = $1`, hash(token)); got != 0 {
			t.Error("the ended session came back")
		}
		if end == "rotation" { // its changes go to the row, where they survive a log in
			if a.status != http.StatusOK {
				t.Errorf("writer: %d %s", a.status, a.body)
			}
			if got := s.get("/read", next).body; !strings.Contains(got, "note=written lasting=kept guest=-") {
				t.Errorf("after the rotation: %s", got)
			}
			return
		}
		if a.status != http.StatusConflict || strings.Contains(a.body, "private") {
			t.Errorf("writer: %d %s", a.status, a.body)
		}
		if next == "" {
			rows--
		} else if got := s.get("/read", next).body; !strings.Contains(got, "note=- lasting=-") {
			t.Errorf("the fresh session was written to: %s", got)
		}
		if got := s.count(`SELECT count(*) FROM sessions`); got != rows {
			t.Errorf("%d rows, want %d", got, rows)
		}
	})
}

func TestARevokedTokenIsRememberedForAMinute(t *testing.T) {
	eachEnd(t, func(t *testing.T, s *site, end string) {
		token := s.visitor()
		ends[end](s, token)
		rows, ran := s.count(`SELECT count(*) FROM sessions`), s.ran.Load()

		if a := s.post("/write?note=x", token); a.status != http.StatusConflict || a.cookie != nil || s.ran.Load() != ran {
			t.Errorf("unsafe: %d, cookie %v, handler ran %v", a.status, a.cookie, s.ran.Load() != ran)
		}
		if a := s.get("/write?note=x", token); a.status != http.StatusOK || a.cookie != nil {
			t.Errorf("safe: %d, cookie %v", a.status, a.cookie)
		}
		if got := s.count(`SELECT count(*) FROM sessions`); got != rows {
			t.Errorf("a revoked token made a row: %d, want %d", got, rows)
		}
		s.clock.Advance(time.Minute + time.Second)
		a := s.get("/write?note=anew", token)
		if a.cookie == nil || a.cookie.Value == token {
			t.Errorf("after the minute it is a stranger's: cookie %v", a.cookie)
		}
	})
}

func TestTwoLogInsWithOneTokenAreTwoSessions(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		finish := s.slowly("POST", "/slow?do=in", token)
		first := s.post("/in", token).cookie
		second := finish()
		if first == nil || second.cookie == nil || second.cookie.Value == first.Value {
			t.Fatalf("cookies %v and %v (%d %s)", first, second.cookie, second.status, second.body)
		}
		third := s.post("/in", token) // arrives after: the token is revoked
		if third.cookie == nil {
			t.Fatalf("log in with a revoked token: %d, no cookie", third.status)
		}
		if a, b := s.get("/read", first.Value).body, s.get("/read", second.cookie.Value).body; !strings.Contains(a, "note=first") || strings.Contains(b, "note=first") {
			t.Errorf("first %s\nsecond %s", a, b)
		}
	})
}

func TestRotationReachesTheBrowserThoughTheCommitFails(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		a := s.post("/break?do=in", s.visitor())
		if a.status < 500 || a.header.Get("X-Handler") != "" || strings.Contains(a.body, "output") {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
		if a.cookie == nil {
			t.Fatal("the cookie of a rotation that did happen is lost")
		}
		s.exec(`ALTER TABLE gone RENAME TO sessions`)
		if got := s.get("/read", a.cookie.Value).body; !strings.Contains(got, "note=first") {
			t.Errorf("after it: %s", got)
		}
	})
}

func TestCommitComesBeforeTheFirstByte(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		for _, accept := range []string{"text/html", "application/json"} {
			a := s.send("POST", "/break", s.visitor(), "Accept: "+accept)
			if a.status < 500 || a.header.Get("X-Handler") != "" || strings.Contains(a.body, "output") || a.cookie != nil {
				t.Errorf("%d %v %s", a.status, a.header, a.body)
			}
			if a.header.Get("Content-Security-Policy") == "" {
				t.Error("the error page lacks the headers of every answer")
			}
			s.exec(`ALTER TABLE gone RENAME TO sessions`)
		}
	})
}

func TestLogOutHandsOutAFreshSession(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.post("/write?lasting=kept&guest=g&count=1", token)
		before := s.get("/read", token).body
		a := s.post("/out", token)
		if a.cookie == nil || a.cookie.Value == token {
			t.Fatalf("cookie %v", a.cookie)
		}
		after := s.get("/read", a.cookie.Value).body
		if !strings.Contains(after, "note=- lasting=kept guest=- number=-1 count=0") {
			t.Errorf("after log out: %s", after)
		}
		if id(before) == id(after) {
			t.Error("the visitor's id survived the log out")
		}
	})
}

// TestResetLetsRowsMoveToTheFreshSession moves what a hook has written, which would go with the old session.
func TestResetLetsRowsMoveToTheFreshSession(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		a := s.post("/reset", token)
		if a.cookie == nil || s.lives(token) || s.count(`SELECT count(*) FROM sessions WHERE token_hash = $1`, hash(a.cookie.Value)) != 1 {
			t.Fatalf("%d, cookie %v", a.status, a.cookie)
		}
		if n := s.count(`SELECT count(*) FROM views JOIN sessions ON sessions.id = views.session_id`); n != 1 {
			t.Errorf("%d rows moved, want 1", n)
		}
		if got := s.get("/read", a.cookie.Value); got.cookie != nil {
			t.Errorf("the fresh session does not work: %s", got.body)
		}
	})
}

func TestRotationKeepsTheVisitor(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.post("/write?guest=g&count=1&cart=milk", token)
		before := s.get("/read", token).body
		a := s.post("/in?lasting=1&count=1", token)
		if a.cookie == nil || a.cookie.MaxAge != 400*24*3600 {
			t.Fatalf("cookie %v", a.cookie)
		}
		if b := s.post("/in", a.cookie.Value); b.cookie == nil || b.cookie.MaxAge != 0 {
			t.Errorf("not remembered: %v", b.cookie)
		} else if after := s.get("/read", b.cookie.Value).body; !strings.Contains(after, "guest=- number=-1 count=2 cart=[milk]") || id(before) != id(after) {
			t.Errorf("before %s\nafter %s", before, after)
		}
	})
}

func id(body string) string {
	_, id, _ := strings.Cut(body, "visitor=")
	return id
}
