package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

// Stories of a thief who has somebody's password, and of what the owner can still do.

const thiefs = "thief@example.org"

// change gives the account another address: asked for and verified by the same browser.
func change(t *testing.T, k *testkit.Kit, b *testkit.Browser, email string) {
	t.Helper()
	k.Clock.Advance(time.Second)
	if p := b.Post("/account/email", "email", email); p.Status != http.StatusSeeOther || p.To != "/account" {
		t.Fatalf("to %s: %s", email, p)
	}
	testkit.Press(t, b, k.Mail(email))
}

func hasAddress(k *testkit.Kit, email string) bool {
	return k.Count(`SELECT count(*) FROM users WHERE email = $1`, email) == 1
}

func TestChangesThatWereTakenBackPushNothingOut(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		thief := testkit.Verified(t, k, ada)
		change(t, k, thief, "t1@example.org")
		owners := k.Mail(ada)
		for _, email := range []string{"x0@example.org", "x1@example.org", "x2@example.org"} {
			change(t, k, thief, email)
			if email == "x2@example.org" {
				break
			}
			testkit.Press(t, thief, k.Mail("t1@example.org")) // takes the thief's own change back
			testkit.Press(t, thief, k.Mail("t1@example.org"), "password", password)
			if p := thief.Post("/login", "email", "t1@example.org", "password", password); p.Status != http.StatusSeeOther {
				t.Fatal(p)
			}
		}
		if testkit.Press(t, k.Browser(), owners); !hasAddress(k, ada) || testkit.LoggedIn(thief) {
			t.Error("the owner's way back was pushed out")
		}
	}, "LIMIT_MAIL_ACCOUNT=50")
}

func TestNobodyElseGetsAnAddressThatCanBeTakenBack(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		testkit.Verified(t, k, ada)
		thief := k.Browser().LogIn(ada)
		change(t, k, thief, thiefs)
		undo := k.Mail(ada)
		if p := k.Browser().Post("/register", "email", ada, "password", testkit.Password); p.Status != http.StatusUnprocessableEntity || !p.Says("not free at the moment") {
			t.Errorf("registered by somebody else: %s", p)
		}
		squatter := k.Browser().Register(ben)
		if p := squatter.Post("/account/email", "email", ada); p.To != "/account" || len(testkit.Subjects(k, ada)) != 3 {
			t.Errorf("asked for by somebody else: %s %q", p, testkit.Subjects(k, ada))
		}
		if testkit.Press(t, k.Browser(), undo); !hasAddress(k, ada) || testkit.LoggedIn(thief) {
			t.Error("the way back is blocked")
		}
		testkit.Verified(t, k, "eve@example.org").Post("/account/email", "email", thiefs)
		k.Clock.Advance(8 * 24 * time.Hour)
		k.Browser().Register(thiefs) // no longer reserved
	})
}

func TestThisWasntMeBringsTheNoticesAddressBack(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		testkit.Verified(t, k, ada)
		thief := k.Browser().LogIn(ada)
		notMe := k.Mail(ada)
		change(t, k, thief, thiefs)
		k.Browser().LogIn(thiefs)
		thiefsNotice := k.Mail(thiefs) // "was this you?", to the thief
		owner := k.Browser()
		testkit.Press(t, owner, notMe)
		if !hasAddress(k, ada) || testkit.LoggedIn(thief) || testkit.Opens(k, ada, testkit.Password) {
			t.Fatal("the thief keeps the account, or the way to a new password")
		}
		if p := testkit.Press(t, owner, k.Mail(ada), "password", password); p.To != "/login" || !testkit.Opens(k, ada, password) {
			t.Fatalf("the owner's way back: %s", p)
		}
		if p := testkit.Press(t, k.Browser(), thiefsNotice); !testkit.BrokenLink(p) || !testkit.Opens(k, ada, password) {
			t.Errorf("the thief's notice ends the owner's password: %s", p)
		}
	})
}

func TestAChangeOfAddressEndsWithTheLoginsOfItsTime(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for email, end := range map[string]func(owner *testkit.Browser){
			"others@example.org": func(owner *testkit.Browser) { owner.Post("/account/devices/end-others") },
			"password@example.org": func(owner *testkit.Browser) {
				owner.Post("/account/password", "current", testkit.Password, "password", password)
				owner.Post("/account/password", "current", password, "password", testkit.Password)
			},
			"operator@example.org": func(*testkit.Browser) {
				if err := k.App.Operator.EndLogins(t.Context(), k.Text(`SELECT id FROM users WHERE email = 'operator@example.org'`)); err != nil {
					t.Error(err)
				}
			},
		} {
			owner := testkit.Verified(t, k, email)
			thief := k.Browser().LogIn(email)
			thief.Post("/account/email", "email", thiefs)
			asked := k.Mail(thiefs)
			end(owner)
			thief.LogIn(email) // the password is still known
			if p := testkit.Press(t, thief, asked); !testkit.BrokenLink(p) || !hasAddress(k, email) {
				t.Errorf("%s: %s", email, p)
			}
		}
	})
}

func TestWhoeverKnewTheTokenDoesNotPressTheButton(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		testkit.Verified(t, k, ada)
		b := k.Browser()
		b.Get("/")
		thief := b.Copy()
		b.Post("/password/forgot", "email", ada)
		b.Get(testkit.Link(k.Mail(ada)))
		if p := thief.Get("/password/reset"); !testkit.BrokenLink(p) || p.Says(ada) {
			t.Errorf("the thief sees the page: %s", p)
		}
		if p := thief.Post("/password/reset", "password", password); p.Status < 400 || testkit.Opens(k, ada, password) {
			t.Errorf("the thief chooses the password: %s", p)
		}
		if p := b.Post("/password/reset", "password", password); p.To != "/login" {
			t.Errorf("the visitor cannot: %s", p)
		}
	})
}

// Right after "this wasn't me" ended the login of this very browser, its token is revoked for a minute.
func TestABrowserWhoseLoginWasEndedOpensLinks(t *testing.T) {
	k := testkit.Start(t)
	b := testkit.Verified(t, k, ada)
	k.Browser().Post("/password/forgot", "email", ada)
	if err := k.App.Operator.EndLogins(t.Context(), k.Text(`SELECT id FROM users`)); err != nil {
		t.Fatal(err)
	}
	if p := testkit.Press(t, b, k.Mail(ada), "password", password); p.To != "/login" || !testkit.Opens(k, ada, password) {
		t.Error(p)
	}
}

func TestGuessersDoNotKeepAnOwnerOutAfterAReset(t *testing.T) {
	k := testkit.Start(t, "LIMIT_LOGIN_ACCOUNT=5")
	b := testkit.Verified(t, k, ada)
	for range 8 {
		k.Browser().Post("/login", "email", ada, "password", "wrong wrong wrong")
	}
	b.Post("/password/forgot", "email", ada)
	testkit.Press(t, b, k.Mail(ada), "password", password)
	sent := len(testkit.Subjects(k, ada))
	if p := b.Post("/login", "email", ada, "password", password); p.Status != http.StatusSeeOther || len(testkit.Subjects(k, ada)) != sent {
		t.Errorf("%s, %q: the browser that chose the password is not known", p, testkit.Subjects(k, ada))
	}
}

func TestNoticesAreLimited(t *testing.T) {
	k := testkit.Start(t, "LIMIT_MAIL_ACCOUNT=3")
	k.Browser().Register(ada)
	for range 8 {
		k.Browser().LogIn(ada)
	}
	if n := len(testkit.Subjects(k, ada)); n != 1+3 {
		t.Errorf("%d mails", n)
	}
}

func TestMailsToStrangersHoldNobodysWords(t *testing.T) {
	for _, mode := range []string{"open", "verify"} {
		k := testkit.Start(t, "REGISTRATION="+mode)
		b := k.Browser()
		b.Header.Set("User-Agent", "Visit-evil.example/1.0 (X11; Linux x86_64)")
		b.Post("/register", "name", "You won! https://evil.example", "email", ada, "password", testkit.Password)
		if m := k.Mail(ada); strings.Contains(m.Subject+m.Text+m.HTML, "evil") {
			t.Errorf("%s: %s", mode, m.Text)
		}
	}
	k := testkit.Start(t)
	b := testkit.Verified(t, k, ben)
	b.Post("/account/profile", "name", "You won! https://evil.example")
	b.Post("/account/email", "email", ada)
	if m := k.Mail(ada); strings.Contains(m.Text+m.HTML, "evil") || !strings.Contains(m.Text, ben) {
		t.Errorf("a new address: %s", m.Text)
	}
	// An address is words, too, as long as nobody has shown that it is theirs.
	const words = "you-won-at-evil.example@example.org"
	k = testkit.Start(t)
	b = k.Browser().Register(words)
	b.Post("/account/email", "email", ada)
	for _, m := range []mail.Mail{k.Mail(words), k.Mail(ada)} {
		if strings.Contains(m.Subject+m.Text+m.HTML, "evil") {
			t.Errorf("to %s: %s", m.To, m.Text)
		}
	}
}

func TestAnInvitationAsksNothingAboutOthers(t *testing.T) {
	k := testkit.Start(t, "REGISTRATION=invite")
	if _, err := k.App.Operator.Invite(t.Context(), "eve@example.org"); err != nil {
		t.Fatal(err)
	}
	link := testkit.Link(k.Mail("eve@example.org"))
	if _, err := k.App.Operator.Invite(t.Context(), ben); err != nil {
		t.Fatal(err)
	}
	invited := k.Browser()
	invited.Get(testkit.Link(k.Mail(ben)))
	invited.Register(ben)
	b := k.Browser()
	b.Get(link)
	taken := b.Post("/register", "email", ben, "password", testkit.Password)
	free := b.Post("/register", "email", "free@example.org", "password", testkit.Password)
	if strings.ReplaceAll(taken.Body, ben, "") != strings.ReplaceAll(free.Body, "free@example.org", "") || taken.Status != http.StatusUnprocessableEntity {
		t.Errorf("%d and %d tell which address is taken", taken.Status, free.Status)
	}
}
