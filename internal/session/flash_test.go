package session_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

func TestAMessageIsSeenOnce(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.post("/flash?say=one", token)
		s.post("/flash?say=two", token)
		if a, b := s.get("/show", token), s.get("/show", token); a.body != "[one two]" || b.body != "[]" {
			t.Errorf("first %s, then %s", a.body, b.body)
		}
	})
}

// TestAMessageWaitsForAPerson asks in all the ways that nobody looks at, and then in those that somebody does.
func TestAMessageWaitsForAPerson(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	for _, c := range []struct {
		name, method, path, headers string
		taken                       bool
	}{
		{"HEAD", "HEAD", "/show", "", false},
		{"prefetch", "GET", "/show", "Sec-Purpose: prefetch", false},
		{"prerender", "GET", "/show", "Sec-Purpose: prefetch;prerender", false},
		{"prerender, said alone", "GET", "/show", "Sec-Purpose: prerender", false},
		{"prefetch, as Chromium said before", "GET", "/show", "Purpose: prefetch", false},
		{"preview of Safari", "GET", "/show", "X-Purpose: preview", false},
		{"prefetch, as Firefox said before", "GET", "/show", "X-Moz: prefetch", false},
		{"icon", "GET", "/show", "Sec-Fetch-Dest: image|Accept: image/avif,*/*", false},
		{"script that fetches", "GET", "/show", "Sec-Fetch-Dest: empty|Accept: */*", false},
		{"script that posts", "POST", "/show", "Sec-Fetch-Dest: empty", false},
		{"frame", "GET", "/show", "Sec-Fetch-Dest: iframe", false},
		{"client that wants JSON", "GET", "/show", "Accept: application/json", false},
		{"no such page", "GET", "/show?status=404", "", false},
		{"wrong method", "POST", "/show?status=405", "", false},
		{"form about something that is gone", "POST", "/show?status=404", "", false},
		{"page that refuses", "GET", "/show?status=403", "", false},
		{"failure", "POST", "/show?status=500", "", false},
		{"nothing there, as Chromium's tools ask", "GET", "/.well-known/appspecific/com.chrome.devtools.json", "", false},

		{"handler that takes them and then finds nothing", "GET", "/flash?status=404", "", false},

		{"page", "GET", "/show", "", true},
		{"page, as browsers say", "GET", "/show", "Sec-Fetch-Dest: document|Sec-Fetch-Mode: navigate", true},
		{"answer to a form", "POST", "/show", "", true},
		{"form with mistakes", "POST", "/show?status=422", "Sec-Fetch-Dest: document", true},
		{"form that meets a newer version", "POST", "/show?status=409", "", true},
		{"form sent too often", "POST", "/show?status=429", "", true},
	} {
		token := s.visitor()
		s.post("/flash?say=hello", token)
		var headers []string
		if c.headers != "" {
			headers = strings.Split(c.headers, "|")
		}
		a := s.send(c.method, c.path, token, headers...)
		if shown := strings.Contains(a.body, "hello"); shown != c.taken && c.path != "/flash?status=404" {
			t.Errorf("%s: shown %v, want %v: %d %s", c.name, shown, c.taken, a.status, a.body)
		}
		if waits := s.get("/show", token).body == "[hello]"; waits == c.taken {
			t.Errorf("%s: waits afterwards %v, want %v", c.name, waits, !c.taken)
		}
	}
}

func TestOfManyMessagesTheNewestTenWait(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		for _, m := range strings.Split("abcdefghijkl", "") {
			s.post("/flash?say="+m, token)
		}
		finish := s.slowly("POST", "/slow?flash=n", token) // the newest of the latest data, not of what was loaded
		s.post("/flash?say=m", token)
		finish()
		if got := s.get("/show", token).body; got != "[e f g h i j k l m n]" {
			t.Error(got)
		}
	})
}

func TestWhatTwoRequestsSayAtOnceIsSaidOnce(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		finish := s.slowly("POST", "/slow?flash=n", token)
		s.post("/flash?say=n", token)
		finish()
		if got := s.get("/show", token).body; got != "[n]" {
			t.Error(got)
		}
	})
}

// TestAMessageStaysWhileNothingCanBeStored holds that a visitor with a message is not worse off than one without.
func TestAMessageStaysWhileNothingCanBeStored(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.post("/flash?say=hello", token)
		release := s.block()
		for range 2 {
			for method, path := range map[string]string{"GET": "/show", "POST": "/show?status=422"} {
				if a := s.send(method, path, token); a.status >= http.StatusInternalServerError || a.body != "[hello]" {
					t.Errorf("%s: %d %.80s", method, a.status, a.body)
				}
			}
		}
		release()
		if a, b := s.get("/show", token), s.get("/show", token); a.body != "[hello]" || b.body != "[]" {
			t.Errorf("afterwards %s, then %s", a.body, b.body)
		}
	})
}

// TestTheErrorPageOfAFailedCommitTakesNoMessage renders a page with messages after the commit, when changes are refused.
func TestTheErrorPageOfAFailedCommitTakesNoMessage(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	token := s.visitor()
	s.post("/flash?say=hello", token)
	a := s.send("POST", "/huge?show=1", token)
	if a.status != http.StatusRequestEntityTooLarge || a.body != "[]" {
		t.Errorf("%d %.80s", a.status, a.body)
	}
	if got := s.get("/show", token).body; got != "[hello]" {
		t.Error(got)
	}
}
