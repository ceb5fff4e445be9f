package session_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// TestAPageGoesOutThoughItsVisitCannotBeStored asks while another process holds the lock. A form waits for it for five
// seconds; what is read meanwhile must not.
func TestAPageGoesOutThoughItsVisitCannotBeStored(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		release := s.block()
		forms, pages := make(chan answer, 3), make(chan answer, 1)
		waiting := [][2]string{{"POST", "/slow?note=second"}, {"POST", "/slow?count=1"}, {"GET", "/slow?note=second"}}
		for _, c := range waiting { // what a handler sets by itself is waited for on a page, too
			go func() { forms <- s.send(c[0], c[1], token) }()
			<-s.loaded
		}
		for range waiting {
			s.goOn <- struct{}{}
		}
		for _, c := range []struct{ method, path, token string }{
			{"GET", "/read", ""}, // a new visitor
			{"GET", "/write?count=1", ""},
			{"GET", "/write?count=1", token},
			{"HEAD", "/write?count=1", token},
			{"GET", "/show?count=1", token},
		} {
			go func() { pages <- s.send(c.method, c.path, c.token) }()
			select {
			case a := <-pages:
				if a.status != http.StatusOK || a.cookie != nil {
					t.Errorf("%s %s: %d, cookie %v", c.method, c.path, a.status, a.cookie)
				}
			case a := <-forms:
				t.Fatalf("%s %s waits as long as a form: %d", c.method, c.path, a.status)
			}
		}
		if n := strings.Count(s.log.String(), "the visit not stored"); n != 5 {
			t.Errorf("the log says so %d times, want 5", n)
		}
		for range waiting {
			if a := <-forms; a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "private presents") {
				t.Errorf("what was to be stored is answered %d %.80s", a.status, a.body)
			}
		}
		release()
		if got := s.get("/read", token).body; !strings.Contains(got, "note=first") || !strings.Contains(got, "count=0") {
			t.Errorf("afterwards: %s", got)
		}
		if a := s.get("/write?count=1", ""); a.cookie == nil || s.count(`SELECT count(*) FROM sessions`) != 2 {
			t.Errorf("a new visitor afterwards: %d, cookie %v", a.status, a.cookie)
		}
	})
}

// TestTooMuchDataIsRefusedAsAWhole sets more than 1 MiB, on every way to the table.
func TestTooMuchDataIsRefusedAsAWhole(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		for name, a := range map[string]answer{
			"a form": s.post("/huge?count=1", token), "a page": s.get("/huge", token), "a new visitor": s.post("/huge", ""),
			"a log in": s.post("/huge?do=in", token), "a log in of a new visitor": s.post("/huge?do=in", ""),
		} {
			if a.status != http.StatusRequestEntityTooLarge || strings.Contains(a.body, "written") || a.cookie != nil {
				t.Errorf("%s: %d, cookie %v, %.80s", name, a.status, a.cookie, a.body)
			}
		}
		if got := s.get("/read", token).body; !strings.Contains(got, "note=first lasting=- guest=- number=-1 count=0") || s.count(`SELECT count(*) FROM sessions`) != 1 {
			t.Errorf("half of it was stored: %.200s", got)
		}
		// Whoever has as much as one may have is served all the same, and can get out.
		s.exec(`UPDATE sessions SET data = $1`, `{"test.lasting":"`+strings.Repeat("x", 1<<20-19)+`"}`)
		if a := s.get("/write?count=1", token); a.status != http.StatusOK {
			t.Errorf("a counter on a page: %d", a.status)
		}
		a := s.post("/huge?do=out", token)
		if a.status != http.StatusOK || a.cookie == nil || s.post("/read", token).status != http.StatusConflict {
			t.Fatalf("log out: %d, cookie %v", a.status, a.cookie)
		}
		if got := s.get("/read", a.cookie.Value); got.cookie != nil || !strings.Contains(got.body, "lasting=-") {
			t.Errorf("after log out: cookie %v, %.80s", got.cookie, got.body)
		}
	})
}
