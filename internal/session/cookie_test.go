package session_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/testkit"
)

// cookies is a Cookie header with several cookies of our name.
func cookies(tokens ...string) string {
	for i, token := range tokens {
		tokens[i] = "visitor=" + token
	}
	return "Cookie: " + strings.Join(tokens, "; ")
}

// unknown returns a token of the right form that nobody has.
func unknown() string { return secret.New() }

// revokedToken returns a token that was replaced a moment ago.
func (s *site) revokedToken() string {
	s.t.Helper()
	token := s.visitor()
	s.post("/in", token)
	return token
}

func TestJunkCookiesNeverReachTheDatabase(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	token := s.visitor()
	for _, junk := range []string{"x", token + "x", token[:42], strings.Repeat("A", 44), "'; DROP TABLE sessions; --", strings.Repeat("=", 43), token[:42] + "/", strings.Repeat("a", 8000)} {
		a := s.get("/read", junk)
		if a.status != http.StatusOK || a.cookie == nil {
			t.Errorf("%.50q: %d, cookie %v", junk, a.status, a.cookie)
		}
	}
}

func TestOfSeveralCookiesTheLiveOneCounts(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		live := s.visitor()
		for name, header := range map[string]string{
			"unknown first":      cookies(unknown(), live),
			"unknown last":       cookies(live, unknown()),
			"revoked first":      cookies(s.revokedToken(), live),
			"revoked last":       cookies(live, s.revokedToken()),
			"junk first":         cookies("junk", live),
			"junk last":          cookies(live, "junk", ""),
			"twice the same":     cookies(live, live),
			"among four":         cookies(unknown(), s.revokedToken(), live, unknown()),
			"last of five":       cookies(unknown(), unknown(), unknown(), unknown(), live),
			"behind much junk":   cookies("a", "b", "c", "d", "e", "f", live),
			"before much junk":   cookies(live, "a", "b", "c", "d", "e", "f"),
			"fourth from behind": cookies(unknown(), live, unknown(), unknown(), unknown()),
		} {
			for _, method := range []string{"GET", "HEAD", "POST"} {
				a := s.send(method, "/read", "", header)
				if a.status != http.StatusOK || a.cookie != nil || method != "HEAD" && !strings.Contains(a.body, "note=first") {
					t.Errorf("%s, %s: %d, cookie %v, %s", name, method, a.status, a.cookie, a.body)
				}
			}
			if a := s.send("POST", "/write?count=1", "", header); a.status != http.StatusOK || a.cookie != nil {
				t.Errorf("%s: a form is answered %d, cookie %v", name, a.status, a.cookie)
			}
		}
		if got := s.get("/read", live).body; !strings.Contains(got, "count=12") {
			t.Errorf("not every form was stored: %s", got)
		}
		// At most four are looked up, so that a long header costs no more than a short one.
		if a := s.send("GET", "/read", "", cookies(live, unknown(), unknown(), unknown(), unknown())); strings.Contains(a.body, "note=first") || a.cookie == nil {
			t.Errorf("five were looked up: %s, cookie %v", a.body, a.cookie)
		}
	})
}

func TestWithoutALiveCookieARevokedOneCounts(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	for _, header := range []string{cookies(unknown(), s.revokedToken()), cookies(s.revokedToken(), unknown()), cookies(s.revokedToken(), s.revokedToken())} {
		ran := s.ran.Load()
		if a := s.send("POST", "/write?note=x", "", header); a.status != http.StatusConflict || a.cookie != nil || s.ran.Load() != ran {
			t.Errorf("POST: %d, cookie %v", a.status, a.cookie)
		}
		if a := s.send("GET", "/read", "", header); a.status != http.StatusOK || a.cookie != nil {
			t.Errorf("GET: %d, cookie %v", a.status, a.cookie)
		}
	}
}

// TestLogInWorksBesideAnotherCookie logs in again and again with a cookie beside that cannot be got rid of.
func TestLogInWorksBesideAnotherCookie(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		for _, first := range []bool{true, false} {
			s := newSite(t, dsn)
			s.exec(`DELETE FROM sessions`)
			planted, token := unknown(), s.visitor()
			both := func() string {
				if first {
					return cookies(planted, token)
				}
				return cookies(token, planted)
			}
			for range 3 {
				a := s.send("POST", "/in", "", both())
				if a.cookie == nil {
					t.Fatalf("planted first %v: %d, no cookie", first, a.status)
				}
				token = a.cookie.Value
				if got := s.send("GET", "/read", "", both()).body; !strings.Contains(got, "note=first") {
					t.Errorf("planted first %v: not logged in: %s", first, got)
				}
			}
			if n := s.count(`SELECT count(*) FROM sessions`); n != 1 {
				t.Errorf("planted first %v: %d sessions, want 1", first, n)
			}
		}
	})
}

func TestLogOutAndEraseEndEveryCookiesSession(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		for end, left := range map[string]int{"/out": 1, "/erase": 0} {
			s := newSite(t, dsn)
			s.exec(`DELETE FROM sessions`)
			one, two := s.visitor(), s.visitor()
			old := s.visitor()
			three := s.post("/again", old).cookie.Value // goes on in the same login
			a := s.send("POST", end, "", cookies(one, unknown(), old, two))
			if a.status != http.StatusOK || a.cookie == nil {
				t.Errorf("%s: %d, cookie %v", end, a.status, a.cookie)
			}
			for i, token := range []string{one, two, three} {
				if s.lives(token) || s.post("/write?note=x", token).status != http.StatusConflict {
					t.Errorf("%s: session %d lives on", end, i+1)
				}
			}
			if n := s.count(`SELECT count(*) FROM sessions`); n != left {
				t.Errorf("%s: %d sessions, want %d", end, n, left)
			}
		}
		// A token that was renewed, beside the one that took its place.
		s := newSite(t, dsn)
		s.exec(`DELETE FROM sessions`)
		old := s.visitor()
		next := s.post("/again", old).cookie.Value
		if a := s.send("POST", "/out", "", cookies(old, next)); a.cookie == nil || s.lives(next) || s.count(`SELECT count(*) FROM sessions`) != 1 {
			t.Errorf("%d, cookie %v: the browser is left without a fresh session", a.status, a.cookie)
		}
	})
}

// TestCookiesThatAreNotOursAreExpired lists what is expired, as "Domain Path", when two cookies came.
func TestCookiesThatAreNotOursAreExpired(t *testing.T) {
	for _, c := range []struct {
		name, domain, host, path string
		want                     []string
	}{
		{"COOKIE_DOMAIN was set", "app.localhost", "app.localhost", "/read", []string{" /", "app.localhost /read"}},
		{"and is above the host", "app.localhost", "www.app.localhost", "/read", []string{" /", "app.localhost /read", "www.app.localhost /", "www.app.localhost /read"}},
		{"COOKIE_DOMAIN was taken away", "", "www.app.localhost:80", "/read", []string{"app.localhost /", "app.localhost /read", "www.app.localhost /", "www.app.localhost /read"}},
		{"deep in the site", "app.localhost", "app.localhost", "/a/b/c", []string{" /", "app.localhost /a", "app.localhost /a/", "app.localhost /a/b", "app.localhost /a/b/", "app.localhost /a/b/c"}},
		{"an address", "", "127.0.0.1", "/read", nil},
		{"a name without a dot", "", "localhost", "/a/b", nil},
	} {
		s := newSite(t, testkit.SQLite(t), func(o *session.Options) { o.CookieDomain = c.domain })
		live := s.visitor()
		a := s.send("GET", c.path, "", cookies(unknown(), live), "Host: "+c.host)
		var got []string
		for _, line := range a.header.Values("Set-Cookie") {
			set, err := http.ParseSetCookie(line)
			if err != nil || set.MaxAge >= 0 || set.Value != "" {
				t.Fatalf("%s: %q (%v)", c.name, line, err)
			}
			got = append(got, set.Domain+" "+set.Path)
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) || c.want != nil && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: expired are %q, want %q; %v", c.name, got, c.want, a.header)
		}
		// One cookie is ours, or becomes so at the next log in.
		if a := s.send("GET", c.path, live, "Host: "+c.host); len(a.header.Values("Set-Cookie")) != 0 {
			t.Errorf("%s: a reader with one cookie gets %v", c.name, a.header.Values("Set-Cookie"))
		}
		// The one that is set comes last, for clients that take it for the same as one that is expired.
		all := s.send("POST", "/in", "", cookies(unknown(), live), "Host: "+c.host).header.Values("Set-Cookie")
		if last, err := http.ParseSetCookie(all[len(all)-1]); err != nil || last.Value == "" || last.Domain != c.domain || last.Path != "/" {
			t.Errorf("%s: %q (%v)", c.name, all, err)
		}
	}
	// A name with __Host- has no other cookies.
	s := newSite(t, testkit.SQLite(t), func(o *session.Options) { o.CookieName, o.Secure = "__Host-visitor", true })
	if a := s.send("GET", "/read", "", "Cookie: __Host-visitor=a; __Host-visitor=b"); len(a.header.Values("Set-Cookie")) != 1 {
		t.Errorf("%v", a.header)
	}
}

// TestEraseTakesEveryCookieAway is for a browser whose only cookie was set before COOKIE_DOMAIN was changed.
func TestEraseTakesEveryCookieAway(t *testing.T) {
	s := newSite(t, testkit.SQLite(t), func(o *session.Options) { o.CookieDomain = "app.localhost" })
	a := s.send("POST", "/erase", s.visitor(), "Host: app.localhost")
	var hostOnly, ours bool
	for _, line := range a.header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil || c.MaxAge >= 0 {
			t.Fatalf("%q (%v)", line, err)
		}
		hostOnly = hostOnly || c.Domain == "" && c.Path == "/"
		ours = ours || c.Domain == "app.localhost" && c.Path == "/"
	}
	if !hostOnly || !ours {
		t.Errorf("%v", a.header.Values("Set-Cookie"))
	}
}

func FuzzCookie(f *testing.F) {
	s := newSite(f, testkit.SQLite(f), func(o *session.Options) { o.Creation.Tries = 1_000_000 })
	for _, seed := range []string{"", "x", strings.Repeat("A", 43), "a;b", "\"q\"", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r, err := http.NewRequest("GET", s.URL+"/read", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header["Cookie"] = []string{"visitor=" + strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(value)}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return // the client refuses to send it
		}
		resp.Body.Close()
		if resp.StatusCode >= 500 {
			t.Errorf("%d", resp.StatusCode)
		}
	})
}
