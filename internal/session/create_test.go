package session_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

func TestWhenARowIsCreated(t *testing.T) {
	s := newSite(t, testkit.SQLite(t), func(o *session.Options) { o.Creation.Tries = 1000 })
	for _, c := range []struct {
		name, method, path, headers string
		created                     bool
	}{
		{"navigation", "GET", "/read", "", true},
		{"navigation, as browsers say", "GET", "/read", "Sec-Fetch-Dest: document", true},
		{"accepts anything", "GET", "/read", "Accept: */*", true},
		{"image", "GET", "/read", "Accept: image/avif,*/*|Sec-Fetch-Dest: image", false},
		{"wants JSON", "GET", "/read", "Accept: application/json", false},
		{"wants a picture", "GET", "/read", "Accept: image/png,image/*;q=0.8", false},
		{"prefetch", "GET", "/read", "Sec-Purpose: prefetch", false},
		{"prefetch, in capitals", "GET", "/read", "Sec-Purpose: Prefetch;PRERENDER", false},
		{"prefetch, as it was said before", "GET", "/read", "Purpose: PreFetch", false},
		{"prefetch, as Firefox said", "GET", "/read", "X-Moz: Prefetch", false},
		{"frame", "GET", "/read", "Sec-Fetch-Dest: iframe", false},
		{"script that fetches", "GET", "/read", "Sec-Fetch-Dest: empty", false},
		{"HEAD", "HEAD", "/read", "", false},
		{"HEAD that stores", "HEAD", "/write?note=x", "", false},
		{"POST that stores nothing", "POST", "/read", "", false},
		{"POST that stores", "POST", "/write?note=x", "", true},
		{"POST that counts", "POST", "/write?count=1", "", true},
		{"POST that only removes", "POST", "/write?clear=1", "", false},
		{"redirect", "GET", "/elsewhere", "", false},
		{"redirect of a handler that stored", "GET", "/elsewhere?note=x", "", true},
		{"redirect of the mux", "GET", "//read", "", false},
		{"no such page", "GET", "/nowhere", "", false},
		{"error page of a handler that stored", "GET", "/missing", "", false},
		{"refused cross-origin", "POST", "/write?note=x", "Sec-Fetch-Site: cross-site", false},
		{"other host", "GET", "/read", "", false},
	} {
		rows := s.count(`SELECT count(*) FROM sessions`)
		var a answer
		switch {
		case c.name == "other host":
			r, err := http.NewRequest(c.method, s.URL+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = "elsewhere.example"
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			a = answer{status: resp.StatusCode, header: resp.Header}
		case c.headers == "":
			a = s.send(c.method, c.path, "")
		default:
			a = s.send(c.method, c.path, "", strings.Split(c.headers, "|")...)
		}
		created := s.count(`SELECT count(*) FROM sessions`) > rows
		if created != c.created || (a.cookie != nil) != c.created {
			t.Errorf("%s: row %v, cookie %v, want %v (%d)", c.name, created, a.cookie, c.created, a.status)
		}
		if c.created && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: an answer that sets the cookie may be cached: %q", c.name, a.header.Get("Cache-Control"))
		}
		if c.name != "other host" && c.name != "refused cross-origin" && a.header.Get("Vary") != "Cookie" {
			t.Errorf("%s: Vary %q", c.name, a.header.Get("Vary"))
		}
	}
}

func TestNewVisitorsAreLimitedByAddress(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn, func(o *session.Options) { o.Creation.Tries = 3 })
		made := 0
		for range 6 {
			a := s.get("/read", "")
			if a.status != http.StatusOK {
				t.Errorf("page %d", a.status)
			}
			if a.cookie != nil {
				made++
			}
		}
		// Too many is nobody's failure: what such a visitor posts is answered as ever, and not kept.
		if a := s.post("/write?note=x", ""); a.status != http.StatusOK || a.cookie != nil {
			t.Errorf("a form above the limit: %d, cookie %v", a.status, a.cookie)
		}
		if made != 3 || s.count(`SELECT count(*) FROM sessions`) != 3 {
			t.Errorf("%d sessions made, want 3", made)
		}
	})
}

// TestOpeningLinksCountsAsAVisit rotates on GET, as the opening of a link does, without a cookie.
func TestOpeningLinksCountsAsAVisit(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn, func(o *session.Options) { o.Creation.Tries = 3 })
		made := map[int]int{}
		for range 3 {
			made[s.get("/open", "").status]++
			made[s.get("/open", unknown()).status]++
		}
		if made[200] != 3 || made[429] != 3 || s.count(`SELECT count(*) FROM sessions`) != 3 {
			t.Errorf("answers by status: %v", made)
		}
		if a := s.get("/open", ""); a.header.Get("Retry-After") == "" || a.cookie != nil {
			t.Errorf("too many: %v", a.header)
		}
		// A log in counts, and has a limit of its own: a crowd behind one address is not locked out.
		if a := s.post("/in", ""); a.status != http.StatusOK || a.cookie == nil {
			t.Errorf("log in: %d, cookie %v", a.status, a.cookie)
		}
	})
}

func TestALogInCountsAsAVisit(t *testing.T) {
	s := newSite(t, testkit.SQLite(t), func(o *session.Options) { o.Creation.Tries = 3 })
	token := ""
	for range 3 {
		token = s.post("/in", "").cookie.Value
	}
	if a := s.get("/read", ""); a.status != http.StatusOK || a.cookie != nil {
		t.Errorf("a new visitor after three log ins: %d, cookie %v", a.status, a.cookie)
	}
	if a := s.get("/open", token); a.status != http.StatusOK || a.cookie == nil {
		t.Errorf("whoever has a session creates none: %d", a.status)
	}
}

// TestALifetimeThatIsShortHolds is about settings below the half hour that a first visit is remembered for.
func TestALifetimeThatIsShortHolds(t *testing.T) {
	s := newSite(t, testkit.SQLite(t), func(o *session.Options) { o.Lifetime = time.Minute })
	token := s.visitor()
	s.clock.Advance(59 * time.Second)
	if got := s.send("HEAD", "/read", token); got.status != http.StatusOK || !strings.Contains(s.get("/read", token).body, "note=first") {
		t.Errorf("forgotten before the time: %d", got.status)
	}
	once := s.visitor()
	s.clock.Advance(61 * time.Second)
	for name, token := range map[string]string{"who came back": token, "who did not": once} {
		if got := s.get("/read", token).body; strings.Contains(got, "note=first") {
			t.Errorf("a visitor %s is remembered for more than a minute: %s", name, got)
		}
	}
}

// TestWhatCannotBeStoredIsNotAcknowledged posts something to be kept while the database is away.
func TestWhatCannotBeStoredIsNotAcknowledged(t *testing.T) {
	server := pgtest.StartServer(t)
	s := newSite(t, server.URL(t))
	s.visitor()
	server.Stop()
	for path, status := range map[string]int{"/write?note=x": 503, "/write?count=1": 503, "/write?clear=1": 200, "/read": 200} {
		if a := s.post(path, ""); a.status != status || a.cookie != nil || status == 503 && (a.header.Get("Retry-After") == "" || strings.Contains(a.body, "written")) {
			t.Errorf("POST %s: %d, want %d: %v %.80s", path, a.status, status, a.header, a.body)
		}
	}
	// So it is with what a page stores; what only remembers a visit is left out.
	for path, status := range map[string]int{"/write?note=x": 503, "/write?count=1": 200, "/write?clear=1": 200, "/read": 200} {
		if a := s.get(path, ""); a.status != status || a.cookie != nil {
			t.Errorf("GET %s: %d, want %d, cookie %v", path, a.status, status, a.cookie)
		}
	}
	server.Start()
	if a := s.post("/write?note=x", ""); a.status != http.StatusOK || a.cookie == nil || s.count(`SELECT count(*) FROM sessions`) != 2 {
		t.Errorf("afterwards: %d", a.status)
	}
}

// TestAVisitorsDataIsBounded holds that nobody fills the table by filling one row.
func TestAVisitorsDataIsBounded(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		size := func() int { return s.count(`SELECT length(data) FROM sessions WHERE token_hash = $1`, hash(token)) }
		full := `{"test.note":"` + strings.Repeat("x", 1<<20-100) + `"}`
		s.exec(`UPDATE sessions SET data = $1 WHERE token_hash = $2`, full, hash(token))
		if a := s.post("/write?count=1", token); a.status != http.StatusOK || size() <= len(full) {
			t.Errorf("what fits: %d", a.status)
		}
		before := size()
		if a := s.post("/write?cart="+strings.Repeat("y", 100), token); a.status != http.StatusRequestEntityTooLarge || strings.Contains(a.body, "written") {
			t.Errorf("more than 1 MiB: %d %.80s", a.status, a.body)
		}
		if size() != before || !strings.Contains(s.log.String(), "session data of ") {
			t.Errorf("%d bytes are stored", size())
		}
		// What is too large can still be made smaller.
		if a := s.post("/write?note=short", token); a.status != http.StatusOK || size() > 200 {
			t.Errorf("a way out: %d, %d bytes", a.status, size())
		}
	})
}

// TestActivityIsWrittenAtTheEnd runs the batch's worker and stops it: what was seen a moment ago is in the table.
func TestActivityIsWrittenAtTheEnd(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.get("/read", token)
		ctx, stop := context.WithCancel(t.Context())
		stop() // before its first tick
		s.Run(ctx)
		if got := s.count(`SELECT hits FROM sessions WHERE token_hash = $1`, hash(token)); got != 2 || s.count(`SELECT count(*) FROM views`) != 2 {
			t.Errorf("%d hits", got)
		}
	})
}
