package dev_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

func letter(to, link string) mail.Message {
	return mail.Message{
		Kind: "verify", To: to, Subject: "Verify <b>it</b>", Title: "Verify your e-mail address", Text: []string{"Hello Ada."},
		Button: "Yes", Link: link,
	}
}

func TestTheDevelopmentMailbox(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		b := k.Browser()
		if p := b.Get("/dev/mail"); p.Status != 200 || !p.Says("No mail yet") {
			t.Error(p)
		}
		if p := b.Get("/dev/mail.json"); strings.TrimSpace(p.Body) != "[]" {
			t.Errorf("empty: %s", p.Body)
		}
		for _, to := range []string{"ada@example.org", "bob@example.org"} {
			if err := k.App.Mail.Queue(t.Context(), letter(to, k.URL+"/privacy?token=abc")); err != nil {
				t.Fatal(err)
			}
		}
		var list []map[string]string
		p := b.Get("/dev/mail.json")
		if err := json.Unmarshal([]byte(p.Body), &list); err != nil || len(list) != 2 || p.Header.Get("Content-Type") != "application/json" {
			t.Fatalf("%v %s", err, p.Body)
		}
		newest := list[1]
		if at, err := time.Parse(time.RFC3339, newest["at"]); err != nil || time.Since(at).Abs() > time.Minute {
			t.Errorf("at %s, %v", newest["at"], err)
		}
		if len(newest) != 6 || newest["to"] != "bob@example.org" || newest["subject"] != "Verify <b>it</b>" ||
			!strings.Contains(newest["text"], "/privacy?token=abc") || !strings.Contains(newest["html"], "/privacy?token=abc") {
			t.Errorf("%v", newest)
		}
		if m := k.Mail("bob@example.org"); m.ID != newest["id"] || testkit.Link(m) != "/privacy?token=abc" || len(k.Mails()) != 2 {
			t.Errorf("the kit finds %+v", m)
		}
		p = b.Get("/dev/mail")
		if bob, ada := strings.Index(p.Body, "bob@example.org"), strings.Index(p.Body, "ada@example.org"); bob < 0 || ada < bob || strings.Contains(p.Body, "<b>it</b>") || !p.Says("Hello Ada.") {
			t.Errorf("the list: %s", p.Body)
		}
		p = b.Get("/dev/mail/" + newest["id"])
		csp := p.Header.Get("Content-Security-Policy")
		if p.Body != newest["html"] || csp != "sandbox allow-popups allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'" ||
			p.Header.Get("X-Frame-Options") != "DENY" || p.Header.Get("Cross-Origin-Opener-Policy") != "" {
			t.Errorf("served with %q: %s", csp, p.Body)
		}
		b.Get("/dev/mail/nothing").Expect(t, 404)
		if n := k.Count(`SELECT count(*) FROM sessions`); n != 0 {
			t.Errorf("looking made %d sessions", n)
		}
	})
}

// TestTheMailboxIsForThisMachine asks as somebody would who comes through a proxy, or by a name of the network.
func TestTheMailboxIsForThisMachine(t *testing.T) {
	k := testkit.Start(t, "EXTRA_HOSTS=dev.example.org")
	if err := k.App.Mail.Queue(t.Context(), letter("ada@example.org", k.URL)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/dev/mail", "/dev/mail.json", "/dev/mail/" + k.Mails()[0].ID} {
		for name, value := range map[string]string{"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=x", "Via": "1.1 x", "Host": "dev.example.org"} {
			r, err := http.NewRequest(http.MethodGet, k.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Header.Set(name, value); name == "Host" {
				r.Host = value
			}
			if p := k.Browser().Do(r); p.Status != 404 || strings.Contains(p.Body, "ada@") {
				t.Errorf("%s with %s: %s: %s", path, name, value, p)
			}
		}
		production := testkit.Start(t, "APP_ENV=production", "BASE_URL=http://127.0.0.1", "BCRYPT_COST=10")
		r, err := http.NewRequest(http.MethodGet, production.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "127.0.0.1"
		if p := production.Browser().Do(r); p.Status != 404 {
			t.Errorf("%s in production: %s", path, p)
		}
	}
	sends := testkit.Start(t, "SMTP_URL=smtp://127.0.0.1:1")
	if p := sends.Browser().Get("/dev/mail"); p.Status != 200 || !p.Says("No mail yet") {
		t.Errorf("with a server: %s", p)
	}
}

// TestPromisesLeadToTheMailbox holds that the pages that promise a mail say where it stands, only where it does.
func TestPromisesLeadToTheMailbox(t *testing.T) {
	for setting, links := range map[string]bool{"SMTP_URL=": true, "SMTP_URL=smtp://127.0.0.1:1": false} {
		b := testkit.Start(t, setting).Browser()
		pages := map[string]testkit.Page{"a new password": b.Follow(b.Post("/password/forgot", "email", "ada@example.org"))}
		b.LogInAs("ada@example.org")
		pages["the account"], pages["a new address"] = b.Get("/account"), b.Get("/account/email")
		for name, p := range pages {
			if p.Status != 200 || !p.Says("mail to") || strings.Contains(p.Body, `/dev/mail">`) != links {
				t.Errorf("%s with %s: %s, links %v\n%s", name, setting, p, !links, p.Body)
			}
		}
	}
}

// TestAMailInTheBrowser opens a mail as a person does, and presses its button.
func TestAMailInTheBrowser(t *testing.T) {
	k, b := testkit.Start(t), chrome.New(t, chrome.Size(320, 700))
	l := letter("ada@example.org", k.URL+"/privacy?"+strings.Repeat("long", 30))
	l.Title = strings.Repeat("Donaudampfschifffahrt", 4)
	l.Facts = []mail.Fact{{Label: "Browser", Value: "Firefox on " + strings.Repeat("Linux", 20)}}
	if err := k.App.Mail.Queue(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	b.Open(k.URL + "/dev/mail")
	b.Click(`main h2 a`)
	b.WaitText(l.Title)
	if over := b.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); over.(float64) > 0 {
		t.Errorf("the mail is %v px too wide for a phone", over)
	}
	if lines := b.Eval(`(() => { const r = document.createRange(); r.selectNodeContents(document.querySelector("th")); return r.getClientRects().length })()`); lines != 1.0 {
		t.Errorf("the label of a fact stands on %v lines", lines)
	}
	if background := b.Eval(`getComputedStyle(document.querySelector(".sheet")).maxWidth`); background != "520px" {
		t.Errorf("the mail has no styles: %v", background)
	}
	b.Click("a.go")
	b.WaitPath("/privacy")
	b.WaitText("What this site keeps about this browser")
	if errors := b.ConsoleErrors(); len(errors) > 0 {
		t.Errorf("console: %v", errors)
	}
}
