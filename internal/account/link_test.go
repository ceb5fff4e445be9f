package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

func TestHowLongLinksWork(t *testing.T) {
	day := 24 * time.Hour
	works := map[string]time.Duration{
		"verify the address": day, "choose a password": time.Hour, "another address": day, "take it back": 7 * day, "this wasn't me": 7 * day,
	}
	for _, l := range links {
		k := testkit.Start(t)
		m, b := l.make(t, k)
		k.Clock.Advance(works[l.name] - time.Minute)
		if p := page(b, testkit.Link(m)); p.Status != http.StatusOK {
			t.Errorf("%s: dead too early: %s", l.name, p)
		}
		k.Clock.Advance(time.Minute + time.Second)
		if p := page(b, testkit.Link(m)); !testkit.BrokenLink(p) {
			t.Errorf("%s: works too long: %s", l.name, p)
		}
	}
	k := testkit.Start(t, "REGISTRATION=invite")
	link, err := k.App.Operator.Invite(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		wait   time.Duration
		status int
	}{{7*day - time.Minute, http.StatusOK}, {time.Minute + time.Second, http.StatusForbidden}} {
		k.Clock.Advance(c.wait)
		if p := page(k.Browser(), strings.TrimPrefix(link, k.URL)); p.Status != c.status {
			t.Errorf("invitation: %s, want %d", p, c.status)
		}
	}
}

func TestAUsedLinkHasNoButton(t *testing.T) {
	for _, l := range links {
		k := testkit.Start(t)
		m, b := l.make(t, k)
		testkit.Press(t, b, m, l.fields...)
		if p := page(k.Browser(), testkit.Link(m)); !testkit.BrokenLink(p) {
			t.Errorf("%s: %s", l.name, p)
		}
	}
}

func TestTheLinkOfADisabledAccountDoesNotWork(t *testing.T) {
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
				m, b := l.make(t, k)
				k.Exec(`UPDATE users SET disabled_at = 1`)
				path, token, _ := strings.Cut(testkit.Link(m), "?token=")
				if p := page(b, testkit.Link(m)); !testkit.BrokenLink(p) {
					t.Errorf("its page: %s", p)
				}
				if p := k.Browser().Post(path, append([]string{"token", token}, l.fields...)...); !testkit.BrokenLink(p) {
					t.Errorf("its button: %s", p)
				}
				k.Exec(`UPDATE users SET disabled_at = 0`)
				if l.name == "another address" {
					b.LogIn(ben) // the login ended on sight
				}
				if p := testkit.Press(t, b, m, l.fields...); p.Status != http.StatusSeeOther && p.Status != http.StatusOK {
					t.Errorf("enabled again: %s", p)
				}
			})
		})
	}
}

// A link is about the address that the account had when it was made, whatever changed the address since.
func TestALinkAboutAnEarlierAddressDoesNotWork(t *testing.T) {
	for _, l := range links {
		if l.name != "verify the address" && l.name != "another address" {
			continue
		}
		k := testkit.Start(t)
		m, b := l.make(t, k)
		k.Exec(`UPDATE users SET email = 'moved@example.org', email_key = 'moved@example.org'`)
		if p := testkit.Press(t, b, m); !testkit.BrokenLink(p) || k.Count(`SELECT count(*) FROM users WHERE email = 'moved@example.org' AND verified_at = 0`) != 1 {
			t.Errorf("%s: %s", l.name, p)
		}
	}
}

func TestASecondProofChangesNothing(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().Register(ada)
	k.Exec(`UPDATE users SET verified_at = 1`) // verified while the mail was on its way
	if p := testkit.Press(t, k.Browser(), k.Mail(ada)); p.Status != http.StatusSeeOther || !testkit.LoggedIn(b) || !testkit.Opens(k, ada, testkit.Password) {
		t.Errorf("%s: the password of a verified account was taken away", p)
	}
}

// Whoever presses the button while logged in to the account loses that login, too: its token is revoked at once.
func TestAButtonThatEndsAllLoginsEndsItsOwn(t *testing.T) {
	for _, l := range links {
		if l.name == "another address" || l.name == "verify the address" { // ends none here
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
				m, _ := l.make(t, k)
				b := k.Browser().LogIn(k.Text(`SELECT email FROM users`))
				if p := page(b, testkit.Link(m)); p.Status != http.StatusOK || !testkit.LoggedIn(b) {
					t.Fatalf("its page: %s", p)
				}
				old := b.Copy()
				path, _, _ := strings.Cut(testkit.Link(m), "?")
				b.Post(path, l.fields...)
				if testkit.LoggedIn(b) || testkit.LoggedIn(old) {
					t.Error("still in")
				}
				old.Post(testkit.Private, "title", "x").Expect(t, http.StatusConflict)
			})
		})
	}
}

// The logins, the password, the link: all end, or none.
func TestAButtonDoesAllOrNothing(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		k.Browser().LogIn(ada)
		page(b, testkit.Link(k.Mail(ada)))
		k.Exec(`ALTER TABLE revoked_tokens RENAME TO gone`)
		p := b.Post("/not-me")
		k.Exec(`ALTER TABLE gone RENAME TO revoked_tokens`)
		if p.Status < 500 || !testkit.LoggedIn(b) || !testkit.Opens(k, ada, testkit.Password) {
			t.Errorf("half of it was done: %s, logged in %v", p, testkit.LoggedIn(b))
		}
		if p := b.Post("/not-me"); p.Status != http.StatusSeeOther || testkit.LoggedIn(b) || testkit.Opens(k, ada, testkit.Password) {
			t.Errorf("again: %s", p)
		}
	})
}

func TestARegistrationWhoseAddressIsTakenMeanwhileIsDead(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser()
		b.Post("/register", "email", ada, "password", testkit.Password)
		if u := testkit.Add(t, k, ada, password); !u.Verified() {
			t.Fatal(u)
		}
		if p := testkit.Press(t, b, k.Mail(ada)); !testkit.BrokenLink(p) || testkit.LoggedIn(b) || !testkit.Opens(k, ada, password) {
			t.Error(p)
		}
	}, "REGISTRATION=verify")
}
