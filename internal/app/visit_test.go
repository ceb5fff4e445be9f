package app_test

import (
	"html"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// opened are headers of requests for a page that no person has opened.
var opened = []string{
	"Sec-Purpose: prefetch", "Sec-Purpose: Prefetch;Prerender", "Purpose: PREFETCH", "X-Moz: Prefetch",
	"Accept: application/json", "Accept: image/avif,image/webp,image/*;q=0.8",
	"Sec-Fetch-Dest: image", "Sec-Fetch-Dest: iframe", "Sec-Fetch-Dest: empty",
}

// TestOnlyWhatAPersonOpensCounts asks for the first page as programs do, with a session and without.
func TestOnlyWhatAPersonOpensCounts(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser()
	b.Get("/")
	rows := k.Count(`SELECT count(*) FROM sessions`)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		for _, header := range append(opened, "Accept: text/html") {
			if method == http.MethodGet && header == "Accept: text/html" {
				continue // that is a person
			}
			for name, cookie := range map[string]string{"a visitor": b.Cookie("latchkey"), "nobody yet": "none"} {
				resp := ask(t, method, k.URL+"/", nil, header, "Cookie: latchkey="+cookie)
				if resp.StatusCode != 200 || resp.Header.Get("Set-Cookie") != "" {
					t.Errorf("%s with %q by %s: %d %v", method, header, name, resp.StatusCode, resp.Header["Set-Cookie"])
				}
			}
		}
	}
	if got := k.Count(`SELECT count(*) FROM sessions`); got != rows {
		t.Errorf("%d rows came of it", got-rows)
	}
	if p := b.Get("/"); !strings.Contains(p.Body, "<b>2</b>") {
		t.Error("the visitor has seen the page for the second time, and is told something else")
	}
}

func TestARedirectCreatesNoRow(t *testing.T) {
	k := testkit.Start(t)
	for _, path := range []string{"/account", testkit.Private + "?page=2", "/" + testkit.Private, testkit.Private + "/../../", "/.well-known/change-password"} {
		resp := ask(t, "GET", k.URL+path, nil, "Accept: text/html", "Sec-Fetch-Dest: document")
		if resp.StatusCode < 300 || resp.StatusCode > 399 || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
	for _, theme := range []string{"auto", "junk", ""} {
		resp := ask(t, "POST", k.URL+"/theme", strings.NewReader("theme="+theme), formType)
		if resp.StatusCode != 303 || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("theme=%s: %d %v", theme, resp.StatusCode, resp.Header)
		}
	}
	if got := k.Count(`SELECT count(*) FROM sessions`); got != 0 {
		t.Errorf("%d rows", got)
	}
	if resp := ask(t, "POST", k.URL+"/theme", strings.NewReader("theme=dark"), formType); resp.Header.Get("Set-Cookie") == "" {
		t.Error("a choice is not kept")
	}
}

func TestAShortSessionLifetime(t *testing.T) {
	k := testkit.Start(t, "SESSION_LIFETIME=1m")
	b := k.Browser()
	b.Post("/theme", "theme", "dark")
	k.Clock.Advance(61 * time.Second)
	if p := b.Get("/"); strings.Contains(p.Body, `data-theme="dark"`) {
		t.Error("a visitor is remembered for longer than SESSION_LIFETIME")
	}
}

// TestTheThemeLeadsBack follows the form of the layout from a page with a query.
func TestTheThemeLeadsBack(t *testing.T) {
	b := testkit.Start(t).Browser().LogInAs("ann@example.org")
	for _, path := range []string{testkit.Private + "?page=2&x=a%26b", testkit.Private, "/?x=1"} {
		_, form, _ := strings.Cut(b.Get(path).Body, `action="/theme"`)
		_, next, _ := strings.Cut(form, `name="next" value="`)
		next, _, _ = strings.Cut(next, `"`)
		if p := b.Post("/theme", "theme", "light", "next", html.UnescapeString(next)); p.To != path {
			t.Errorf("from %s it leads to %s", path, p.To)
		}
	}
}

func TestPagesWithoutASession(t *testing.T) {
	k := testkit.Start(t)
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"/healthz":                     {200, "ok\n"},
		"/readyz":                      {200, "ready\n"},
		"/robots.txt":                  {200, "User-agent: *\nDisallow: /account\n"},
		"/static/app.css":              {200, "{"},
		"/.well-known/change-password": {302, "/account/password"},
	} {
		for _, cookie := range []string{"none", k.Browser().LogInAs("ann@example.org").Cookie("latchkey")} {
			resp := ask(t, "GET", k.URL+path, nil, "Accept: text/html", "Cookie: latchkey="+cookie)
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != want.status || !strings.Contains(string(body)+resp.Header.Get("Location"), want.says) ||
				resp.Header.Get("Set-Cookie") != "" || strings.Contains(resp.Header.Get("Vary"), "Cookie") {
				t.Errorf("%s: %d %v %.80s", path, resp.StatusCode, resp.Header, body)
			}
		}
	}
	if got := k.Count(`SELECT hits FROM sessions ORDER BY hits DESC`); got != 1 {
		t.Errorf("%d hits", got)
	}
}

// TestActivityIsKeptWhenTheProgramEnds ends it just after a visit, long before the next time that activity is written.
func TestActivityIsKeptWhenTheProgramEnds(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		b := k.Browser()
		for range 3 {
			b.Get("/")
		}
		k.Stop()
		again := k.Another()
		if hits := again.Count(`SELECT hits FROM sessions`); hits != 3 {
			t.Errorf("%d hits of 3", hits)
		}
	})
}
