package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// refusedRequests are requests that are refused before the session is looked at, and the statuses they are refused with.
func refusedRequests(t *testing.T, k *testkit.Kit) map[int]*http.Request {
	t.Helper()
	form := func(body string, headers ...string) *http.Request {
		r, err := http.NewRequest(http.MethodPost, k.URL+testkit.Private, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Referer", k.URL+testkit.Private+"?from=here")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return r
	}
	return map[int]*http.Request{
		http.StatusForbidden:             form("title=a", "Sec-Fetch-Site", "same-site", "Origin", "https://evil.example"),
		http.StatusRequestEntityTooLarge: form("title=" + strings.Repeat("a", 65<<10)),
		http.StatusUnprocessableEntity:   form("title=%00"),
	}
}

// TestEveryErrorPageKnowsWhoOneIs holds that the page of a request which was refused at the edge has the visitor's
// theme, menu and name, and a way back.
func TestEveryErrorPageKnowsWhoOneIs(t *testing.T) {
	k := testkit.Start(t)
	guest, ann := k.Browser(), k.Browser().Register("ann@example.org")
	guest.Get("/")
	guest.Post("/theme", "theme", "dark")
	ann.Post("/theme", "theme", "dark")
	for status, r := range refusedRequests(t, k) {
		p := ann.Do(r.Clone(t.Context()))
		if p.Status != status || !strings.Contains(p.Body, `data-theme="dark"`) || !p.Says("ann@example.org") || !p.Says(`action="/logout"`) ||
			!strings.Contains(p.Body, `<a href="/account"`) || !strings.Contains(p.Body, `class="button primary" href="`+testkit.Private+`?from=here"`) {
			t.Errorf("%s; want %d", p, status)
		}
	}
	for status, r := range refusedRequests(t, k) {
		if p := guest.Do(r); p.Status != status || !strings.Contains(p.Body, `data-theme="dark"`) || !p.Says(`href="/login"`) {
			t.Errorf("a guest: %s; want %d", p, status)
		}
	}
	nobody := k.Browser()
	for _, r := range refusedRequests(t, k) {
		if p := nobody.Do(r); len(p.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s sets a cookie", p)
		}
	}
}

// TestWhatIsRefusedIsNoVisit holds that such a request keeps no login alive, ends none, and takes no message away.
func TestWhatIsRefusedIsNoVisit(t *testing.T) {
	k := testkit.Start(t)
	ann := k.Browser().Register("ann@example.org")
	knock := func() {
		t.Helper()
		for status, r := range refusedRequests(t, k) {
			if p := ann.Do(r); p.Status != status || len(p.Header.Values("Set-Cookie")) > 0 || p.Says("Welcome.") {
				t.Errorf("%s, want %d, cookies %v", p, status, p.Header.Values("Set-Cookie"))
			}
		}
	}
	knock()
	if !ann.Get("/account").Says("Welcome.") {
		t.Error("the message is gone")
	}
	k.Clock.Advance(40 * time.Minute)
	knock()
	k.Clock.Advance(40 * time.Minute)
	knock()
	if k.Count(`SELECT count(*) FROM logins`) != 1 {
		t.Error("the login was ended by a request that was refused")
	}
	ann.Get("/account").Expect(t, http.StatusSeeOther)
}

// TestAWrongNameLeadsToTheRightOne holds that the page about it is styled, and that its link works.
func TestAWrongNameLeadsToTheRightOne(t *testing.T) {
	k := testkit.Start(t, "BASE_URL=https://app.example.org")
	ask := func(path string) testkit.Page {
		r, err := http.NewRequest(http.MethodGet, k.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "wrong.example.org"
		return k.Browser().Do(r)
	}
	p := ask("/")
	_, css, _ := strings.Cut(p.Body, `rel="stylesheet" href="`)
	css, _, _ = strings.Cut(css, `"`)
	if p.Status != http.StatusMisdirectedRequest || !strings.Contains(p.Body, `class="button primary" href="https://app.example.org"`) || strings.Contains(p.Body, `class="button" href="/"`) {
		t.Error(p)
	}
	if p := ask(css); p.Status != http.StatusOK {
		t.Errorf("%s: %s", css, p)
	}
}

// TestOverloadIsAnsweredWithAPageOfTheSite holds that a log in which finds the queue full gets a page with a way back, though
// it is made once for all, and that a client which asks for JSON gets that.
func TestOverloadIsAnsweredWithAPageOfTheSite(t *testing.T) {
	k := testkit.Start(t, "TRUSTED_PROXIES=127.0.0.1/32", "LIMIT_LOGIN_ADDRESS=100000")
	release := fill(k)
	defer release()
	for range 2 {
		p := k.Browser().Post("/login", "email", "ann@example.org", "password", testkit.Wrong)
		if p.Status != http.StatusServiceUnavailable || p.Header.Get("Retry-After") != "5" || p.Header.Get("Cache-Control") != "no-store" ||
			len(p.Header.Values("Set-Cookie")) > 0 || !p.Says("We cannot answer right now") || !p.Says(`class="button primary" href="/login"`) ||
			!p.Says("/static/app.") || strings.Contains(p.Body, "/static/app.css") || p.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s", p)
		}
	}
	k.Browser().Post("/register", "email", "ann@example.org", "password", testkit.Password).
		ExpectText(t, http.StatusServiceUnavailable, `class="button primary" href="/register"`)
	b := k.Browser()
	b.Header.Set("Accept", "application/json")
	if p := b.Post("/login", "email", "a@example.org", "password", "x"); p.Status != http.StatusServiceUnavailable || !p.Says(`"status":503`) {
		t.Errorf("%s", p)
	}
	if n := strings.Count(k.Log.String(), "requests are refused for now"); n != 1 {
		t.Errorf("%d records of it", n)
	}
}
