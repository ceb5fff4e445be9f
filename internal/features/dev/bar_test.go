package dev_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
	"example.com/latchkey/views"
)

// TestTheBarSaysWhatARequestDid holds that whole pages end with the bar, also those of mistakes, and nothing else does.
func TestTheBarSaysWhatARequestDid(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn, "DEV_BAR=on")
		b := k.Browser()
		p := b.Get("/").ExpectText(t, 200, "add 1 to home.views")
		if !strings.HasSuffix(p.Body, "</aside></body></html>") || !p.Says("GET /<") || !p.Says("INSERT INTO sessions") || !p.Says("2 queries, 1 session change<") {
			t.Errorf("the bar is not right: %s", p.Body)
		}
		if csp := p.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || strings.Contains(p.Body, "style=") {
			t.Errorf("the bar needs %s", csp)
		}
		b.Post("/theme", "theme", "dark").Expect(t, http.StatusSeeOther)
		b.Get("/").ExpectText(t, 200, "Before: POST /theme")
		b.Post("/login", "email", "nobody@example.org", "password", "wrong").ExpectText(t, 422, "POST /login")
		b.Get("/nowhere").ExpectText(t, 404, `class="devbar"`)

		for what, p := range map[string]testkit.Page{
			"JSON": b.Get("/login/status"), "a static file": b.Get("/robots.txt"), "a page of this feature": b.Get("/dev/views"), "a mail": b.Get("/dev/mail.json"),
		} {
			if strings.Contains(p.Body, "devbar") {
				t.Errorf("%s has the bar", what)
			}
		}
		r, err := http.NewRequest(http.MethodGet, k.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-For", "203.0.113.7")
		if p := b.Do(r); p.Status != 200 || strings.Contains(p.Body, "devbar") || !strings.HasSuffix(p.Body, "</body></html>") {
			t.Errorf("through a proxy: %s", p)
		}
	})
}

// TestWithoutTheBarNothingIsNoted holds that DEV_BAR=off leaves pages, database and session alone, as production is.
func TestWithoutTheBarNothingIsNoted(t *testing.T) {
	for _, settings := range [][]string{{"DEV_BAR=off"}, {"DEV_BAR=on", "APP_ENV=production", "BASE_URL=http://127.0.0.1", "BCRYPT_COST=10"}} {
		k := testkit.Start(t, settings...)
		b := k.Browser()
		b.Header.Set("Host", "127.0.0.1")
		r, err := http.NewRequest(http.MethodGet, k.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "127.0.0.1"
		if p := b.Do(r); p.Status != 200 || strings.Contains(p.Body, "devbar") || p.Header.Get("Content-Length") == "" {
			t.Errorf("%v: %s", settings, p)
		}
		if k.App.DB.OnQuery != nil || k.App.Sessions.Traces {
			t.Errorf("%v: requests are watched", settings)
		}
	}
}

// TestTheSessionPage holds that it lists every key with its type and what is stored, the login, and what the latest
// requests read and wrote, and that it changes nothing by looking.
func TestTheSessionPage(t *testing.T) {
	k := testkit.Start(t, "DEV_BAR=on")
	b := k.Browser()
	b.Get("/dev/session").ExpectText(t, 200, "Nothing is kept about this browser yet")
	b.Register("ada@example.org")
	b.Post("/theme", "theme", "dark")
	before := k.Text(`SELECT data FROM sessions WHERE hits > 0 OR data LIKE '%dark%'`)
	p := b.Get("/dev/session")
	for _, want := range []string{
		"theme", "string, kept at log out, 6 bytes", "&#34;dark&#34;", "home.views", "counter, until log out", "flash", "pool, until log out",
		"ada@example.org, since", "POST /theme", "Changed in the session: <span class=\"mono\">set theme", "POST /register",
	} {
		if !strings.Contains(p.Body, want) {
			t.Errorf("it does not say %q: %s", want, p)
		}
	}
	if after := k.Text(`SELECT data FROM sessions WHERE hits > 0 OR data LIKE '%dark%'`); after != before {
		t.Errorf("looking changed the session from %s to %s", before, after)
	}
	b.Header.Set("Accept", "*/*")
	var seen struct {
		Keys     []struct{ Name, Type string }
		Requests []struct{ Method, Path string }
	}
	if p := b.Get("/dev/session"); json.Unmarshal([]byte(p.Body), &seen) != nil || len(seen.Keys) < 3 || len(seen.Requests) < 2 || seen.Requests[0].Path != "/theme" {
		t.Errorf("as JSON: %s", p.Body)
	}
}

// TestTheSessionPageOfEverybody holds that it is right for each kind of visitor, and for values that are large, of another
// type than their key's, or of a key that nobody declares.
func TestTheSessionPageOfEverybody(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn, "DEV_BAR=on")
		k.Browser().Get("/dev/session").ExpectText(t, 200, "Nothing is kept about this browser yet", "None: a guest", "!01a2")
		guest := k.Browser()
		guest.Get("/")
		guest.Get("/dev/session").ExpectText(t, 200, "None: a guest", "Firefox", "home.views", "add 1 to home.views")
		ada := k.Browser().Register("ada@example.org")
		k.Exec(`UPDATE users SET role = 'admin'`)
		ada.Get("/dev/session").ExpectText(t, 200, "ada@example.org (admin), since")
		ben := k.Browser().Register("ben@example.org")
		ben.Get("/dev/session").ExpectText(t, 200, "ben@example.org, since", "!(admin)", "!ada@example.org")

		long := strings.Repeat("ä", 30_000)
		k.Exec(`UPDATE sessions SET data = $1 WHERE id = (SELECT session_id FROM logins l JOIN users u ON u.id = l.user_id WHERE u.email = 'ben@example.org')`,
			`{"theme": {"of": ["another", "type"]}, "home.views": "many", "flash/1": null, "old.key": [1, 2], "login.last_way": "`+long+`"}`)
		p := ben.Get("/dev/session").ExpectText(t, 200, `{"of": ["another", "type"]}`, "many", "not declared", "[1, 2]", "60002 bytes", "ben@example.org, since")
		if n := strings.Count(p.Body, "ä"); n == 0 || n > 1000 {
			t.Errorf("%d characters of the long value", n)
		}
		ben.Header.Set("Accept", "application/json")
		if p := ben.Get("/dev/session"); !json.Valid([]byte(p.Body)) || strings.Count(p.Body, "ä") != 30_000 {
			t.Errorf("as JSON: %.300s", p.Body)
		}
	})
}

// TestTheSessionPageHasWhatFeaturesKeep holds that it shows, besides keys, what features keep in tables of theirs, as /privacy
// does.
func TestTheSessionPageHasWhatFeaturesKeep(t *testing.T) {
	k := testkit.Start(t)
	k.App.Kept = func(*http.Request) ([]views.Fact, []templ.Component, error) {
		return []views.Fact{{Label: "Lottery", Value: "One ticket"}, {Label: "Reminder", Time: k.Clock.Now(), Value: "By mail"}}, []templ.Component{templ.Raw("<p>Four steps</p>")}, nil
	}
	b := k.Browser()
	b.Get("/")
	b.Get("/dev/session").ExpectText(t, 200, "<dt>Lottery</dt><dd>One ticket</dd>", "By mail", "<p>Four steps</p>")
	b.Get("/privacy").ExpectText(t, 200, "One ticket", "<p>Four steps</p>")
}

func TestTheIndexLeadsEverywhere(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser()
	if p := b.Get("/dev/"); p.Status != http.StatusPermanentRedirect || p.To != "/dev" {
		t.Errorf("/dev/: %s", p)
	}
	p := b.Get("/dev").Expect(t, 200)
	for _, page := range []string{"session", "routes", "mail", "views", "settings"} {
		if !strings.Contains(p.Body, `href="/dev/`+page+`"`) {
			t.Errorf("the index does not lead to %s", page)
		}
		b.Get("/dev/"+page).Expect(t, 200)
	}
	b.Get("/dev/routes").ExpectText(t, 200, `href="/account/devices"`)
	b.Header.Set("Accept", "*/*")
	if p := b.Get("/dev/routes"); !strings.Contains(p.Body, "/account/devices                         GET     private\n") {
		t.Errorf("as text:\n%s", p.Body)
	}
}

func TestSettingsAreShownWithoutSecrets(t *testing.T) {
	p := testkit.Start(t, "SMTP_URL=smtp://q7user:hunter2@127.0.0.1:1", "COOKIE_NAME=biscuit").Browser().Get("/dev/settings")
	if p.Status != 200 || !p.Says("biscuit") || !p.Says("SMTP_URL") || strings.Contains(p.Body, "hunter2") || strings.Contains(p.Body, "q7user") {
		t.Errorf("%s", p)
	}
}

// TestTheBarInTheBrowser holds that the content security policy lets the bar have its look, and that it covers nothing.
func TestTheBarInTheBrowser(t *testing.T) {
	k, b := testkit.Start(t, "DEV_BAR=on"), chrome.New(t, chrome.Size(320, 700))
	b.Open(k.URL + "/login")
	if look := b.Eval(`getComputedStyle(document.querySelector(".devbar")).borderBlockStartStyle`); look != "dashed" {
		t.Errorf("the bar has no look: %v", look)
	}
	b.Click(".devbar summary")
	if over := b.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); over.(float64) > 0 {
		t.Errorf("the page is %v px too wide", over)
	}
	if errors := b.ConsoleErrors(); len(errors) > 0 {
		t.Errorf("console: %v", errors)
	}
}

// TestDevelopmentPagesWithTheBarAreForEverybody looks at what is there only while requests are noted.
func TestDevelopmentPagesWithTheBarAreForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	k, b := testkit.Start(t, "DEV_BAR=on"), chrome.New(t)
	b.Open(k.URL + "/register")
	b.Fill("email", "ada.with.a.rather.long.address.for.a.phone@example.org")
	b.Fill("password", testkit.Password)
	b.Click("main button.primary")
	b.WaitPath("/account")
	b.ForEverybody("the bar")
	k.Exec(`UPDATE sessions SET data = $1`, `{"theme": "`+strings.Repeat("long", 1000)+`", "a.key.with.a.rather.long.name.that.nobody.declares.any.more": 1}`)
	b.Open(k.URL + "/dev/session")
	b.ForEverybody("a session with requests and long values")
}
