package account_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

// one sends the link's form 50 times at once, each from a browser of its own, and returns how many had success.
func one(t *testing.T, browser func() *testkit.Browser, link string, fields ...string) int64 {
	t.Helper()
	path, token, _ := strings.Cut(link, "?token=")
	var wg sync.WaitGroup
	var won atomic.Int64
	for range 50 {
		b := browser()
		wg.Go(func() {
			// Hashing 50 passwords at once fills the queue: told to come back, a person does.
			p := testkit.Patiently(func() testkit.Page { return b.Post(path, append([]string{"token", token}, fields...)...) })
			switch {
			case p.Status == http.StatusSeeOther && p.To != path || p.Status == http.StatusOK:
				won.Add(1)
			case !testkit.BrokenLink(p):
				t.Errorf("%s: %s", path, p)
			}
		})
	}
	wg.Wait()
	return won.Load()
}

// links are all kinds of links in mails to ada, each made anew.
var links = []struct {
	name   string
	fields []string
	make   func(t *testing.T, k *testkit.Kit) (mail.Mail, *testkit.Browser) // the browser is the account's, if it must be
}{
	{"verify the address", []string{"choose", "1"}, func(t *testing.T, k *testkit.Kit) (mail.Mail, *testkit.Browser) {
		k.Browser().Register(ada)
		return k.Mail(ada), k.Browser()
	}},
	{"choose a password", []string{"password", password}, func(t *testing.T, k *testkit.Kit) (mail.Mail, *testkit.Browser) {
		k.Browser().Register(ada)
		k.Browser().Post("/password/forgot", "email", ada)
		return k.Mail(ada), k.Browser()
	}},
	{"another address", nil, func(t *testing.T, k *testkit.Kit) (mail.Mail, *testkit.Browser) {
		b := k.Browser().Register(ben)
		b.Post("/account/email", "email", ada)
		return k.Mail(ada), b
	}},
	{"take it back", nil, func(t *testing.T, k *testkit.Kit) (mail.Mail, *testkit.Browser) {
		b := k.Browser().Register(ada)
		testkit.Press(t, b, k.Mail(ada))
		b.Post("/account/email", "email", ben)
		testkit.Press(t, b, k.Mail(ben))
		return k.Mail(ada), k.Browser()
	}},
	{"this wasn't me", nil, func(t *testing.T, k *testkit.Kit) (mail.Mail, *testkit.Browser) {
		k.Browser().Register(ada)
		k.Browser().LogIn(ada)
		return k.Mail(ada), k.Browser()
	}},
}

func TestALinkWorksOnce(t *testing.T) {
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
				m, b := l.make(t, k)
				if l.name == "another address" { // pressed by its own browser, 50 times: read as done, and done once
					if won := one(t, b.Copy, testkit.Link(m), l.fields...); won != 50 || k.Count(`SELECT count(*) FROM events WHERE name = 'address.changed'`) != 1 {
						t.Errorf("%d of 50 read that it is done", won)
					}
					return
				}
				if won := one(t, b.Copy, testkit.Link(m), l.fields...); won != 1 {
					t.Errorf("%d of 50 had success", won)
				}
			}, "LIMIT_LINK_ADDRESS=10000", "LIMIT_WINDOW=1m")
		})
	}
}

func TestAScannerUsesNothingUp(t *testing.T) {
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			k := testkit.Start(t)
			m, b := l.make(t, k)
			scanner := k.Browser()
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
				r, err := http.NewRequest(method, k.URL+testkit.Link(m), nil)
				if err != nil {
					t.Fatal(err)
				}
				scanner.Follow(scanner.Do(r))
			}
			if p := testkit.Press(t, b, m, l.fields...); p.Status != http.StatusSeeOther && p.Status != http.StatusOK {
				t.Errorf("used up: %s", p)
			}
		})
	}
}

func TestALinkThatDoesNotWork(t *testing.T) {
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			k := testkit.Start(t)
			m, b := l.make(t, k)
			path, token, _ := strings.Cut(testkit.Link(m), "?token=")
			for name, token := range map[string]string{"cut": token[:20], "changed": "A" + token[1:42] + "A", "none": "", "long": strings.Repeat(token, 99)} {
				if p := b.Post(path, append([]string{"token", token}, l.fields...)...); !testkit.BrokenLink(p) {
					t.Errorf("%s: %s", name, p)
				}
			}
			for _, other := range []string{"/verify-email", "/password/reset", "/account/email/undo", "/not-me"} {
				if p := k.Browser().Post(other, "token", token, "password", password); other != path && !testkit.BrokenLink(p) {
					t.Errorf("works for another purpose, %s: %s", other, p)
				}
			}
			k.Clock.Advance(8 * 24 * time.Hour)
			if p := testkit.Press(t, b, m, l.fields...); !testkit.BrokenLink(p) {
				t.Errorf("expired: %s", p)
			}
		})
	}
}

func TestTheSecretOfALinkIsKeptNowhere(t *testing.T) {
	k := testkit.Start(t, "LOG_LEVEL=debug")
	k.Browser().Register(ada)
	k.Browser().Post("/password/forgot", "email", ada)
	_, token, _ := strings.Cut(testkit.Link(k.Mail(ada)), "?token=")
	b := k.Browser()
	b.Follow(b.Get("/password/reset?token=" + token))
	k.Flush()
	for _, table := range []string{"sessions", "tokens", "events"} {
		column := map[string]string{"sessions": "data || token_hash", "tokens": "hash || payload || subject", "events": "detail"}[table]
		if n := k.Count(`SELECT count(*) FROM `+table+` WHERE `+column+` LIKE $1`, "%"+token+"%"); n != 0 {
			t.Errorf("%s holds the token", table)
		}
	}
	if strings.Contains(k.Log.String(), token) {
		t.Error("the log holds the token")
	}
}

func TestLinksAreBuiltFromTheSitesAddressAlone(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser()
	b.Header.Set("X-Forwarded-Host", "evil.example")
	b.Header.Set("Forwarded", "host=evil.example")
	b.Header.Set("X-Original-Host", "evil.example")
	b.Register(ada)
	b.Post("/password/forgot", "email", ada)
	for _, m := range k.Mails() {
		if strings.Contains(m.Text+m.HTML, "evil") || !strings.Contains(m.Text, k.URL+"/") {
			t.Errorf("%s: %s", m.Subject, m.Text)
		}
	}
}

func TestAFormOfAnotherTabsLinkIsAboutNone(t *testing.T) {
	k := testkit.Start(t)
	for _, email := range []string{ada, ben} {
		k.Browser().Register(email)
		k.Browser().Post("/password/forgot", "email", email)
	}
	b := k.Browser()
	first := b.Follow(b.Get(testkit.Link(k.Mail(ada))))
	_, rest, _ := strings.Cut(first.Body, `name="link" value="`)
	mark, _, _ := strings.Cut(rest, `"`)
	b.Follow(b.Get(testkit.Link(k.Mail(ben)))) // in another tab
	if p := b.Post("/password/reset", "link", mark, "password", password); !testkit.BrokenLink(p) || testkit.Opens(k, ben, password) {
		t.Errorf("%s: the password of the other account was changed", p)
	}
}
