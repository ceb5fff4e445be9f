package account_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

// Asked for while it was free, by somebody who reads its mail, and verified while its later owner can take it back.
func TestAnAddressThatCanBeTakenBackIsNotVerifiedBySomebodyElse(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		early := k.Browser().Register(ben)
		early.Post("/account/email", "email", ada)
		first := k.Mail(ada)
		change(t, k, testkit.Verified(t, k, ada), thiefs)
		if p := testkit.Press(t, early, first); !testkit.BrokenLink(p) || hasAddress(k, ada) {
			t.Error(p)
		}
	})
}

func TestAReservedAddressIsNotRegisteredByMail(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		testkit.Add(t, k, ada)
		thief := k.Browser().LogIn(ada)
		change(t, k, thief, thiefs)
		before := len(testkit.Subjects(k, ada))
		if p := k.Browser().Post("/register", "email", ada, "password", password); p.To != "/register/sent" || len(testkit.Subjects(k, ada)) != before {
			t.Errorf("%s, %d mails", p, len(testkit.Subjects(k, ada))-before)
		}
	}, "REGISTRATION=verify")
}

// Logged in, or known from a log in before: either is a browser of the account.
func TestANewAddressIsVerifiedInAKnownBrowserToo(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := testkit.Verified(t, k, ada)
		b.Post("/account/email", "email", ben)
		b.Post("/logout")
		if p := testkit.Press(t, k.Browser().Register("eve@example.org"), k.Mail(ben)); p.To != "/verify-email" || hasAddress(k, ben) {
			t.Errorf("in a browser of another account: %s", p)
		}
		if p := testkit.Press(t, b, k.Mail(ben)); p.To != "/login" || !hasAddress(k, ben) {
			t.Error(p)
		}
	})
}

// Two links lead the address back, a notice's and the one that was mailed for it: one of them does it.
func TestTheAddressComesBackOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		testkit.Verified(t, k, ada)
		thief := k.Browser().LogIn(ada)
		notice := k.Mail(ada)
		change(t, k, thief, thiefs)
		undo := k.Mail(ada)
		testkit.Press(t, k.Browser(), notice)
		if p := testkit.Press(t, k.Browser(), undo); !testkit.BrokenLink(p) || !hasAddress(k, ada) {
			t.Errorf("the other one still works: %s", p)
		}
	})
}

func TestWhoProvedTheAddressIsWrittenToByName(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser()
	b.Post("/register", "name", "Ada Lovelace", "email", ada, "password", testkit.Password)
	testkit.Press(t, b, k.Mail(ada))
	k.Browser().LogIn(ada)
	if m := k.Mail(ada); !strings.Contains(m.Text, "Ada Lovelace") {
		t.Error(m.Text)
	}
}

// Where one button leads to the next, the browser gets a new token once more.
func TestWhoeverKnewTheTokenDoesNotChooseThePasswordAfterAProof(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		b := k.Browser()
		b.Get("/")
		thief := b.Copy()
		path, token, _ := strings.Cut(testkit.Link(k.Mail(ada)), "?token=")
		if p := b.Post(path, "token", token, "choose", "1"); p.To != "/password/reset" {
			t.Fatal(p)
		}
		if p := thief.Post("/password/reset", "password", password); p.Status < 400 || testkit.Opens(k, ada, password) {
			t.Errorf("the thief chooses it: %s", p)
		}
		if p := b.Post("/password/reset", "password", password); p.To != "/login" || !testkit.Opens(k, ada, password) {
			t.Errorf("the owner does not: %s", p)
		}
	})
}

// The login is ended at the moment of the request: what it does must not outlive that.
func TestAnEndedLoginChangesNothing(t *testing.T) {
	k := testkit.Start(t, "DATABASE_URL="+pgtest.URL(t))
	for path, fields := range map[string][]string{"/account/delete": {"confirm", "1"}, "/account/email": {"email", thiefs}} {
		b := k.Browser().LogInAs(ada)
		answer := make(chan testkit.Page, 1)
		err := k.App.DB.InTx(t.Context(), func(ctx context.Context) error {
			_, err := k.App.DB.ExecContext(ctx, `SELECT id FROM users FOR UPDATE`)
			go func() { answer <- b.Post(path, fields...) }()
			testkit.Await(t, k.App.DB, 1)
			if err == nil {
				_, err = k.App.DB.ExecContext(ctx, `DELETE FROM logins`)
			}
			return err
		})
		if p := <-answer; err != nil || p.Status != http.StatusConflict || k.Count(`SELECT count(*) FROM users`) != 1 || len(testkit.Subjects(k, thiefs)) != 0 {
			t.Errorf("%s: %s %v", path, p, err)
		}
	}
}

func TestADeletedAccountLeavesNoBrowserAndNoLinkBehind(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		if _, err := k.App.Operator.Invite(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
		u := testkit.Add(t, k, ada)
		b := k.Browser().LogIn(ada)
		b.Get("/")
		if err := k.App.Account.Delete(t.Context(), u.ID); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"sessions", "tokens", "reserved_emails"} {
			if n := k.Count(`SELECT count(*) FROM ` + table); n != 0 {
				t.Errorf("%d rows in %s", n, table)
			}
		}
	}, "REGISTRATION=invite")
}

func TestAUsedLinkForgetsWhatItCarried(t *testing.T) {
	k := testkit.Start(t, "REGISTRATION=verify")
	b := k.Browser()
	b.Post("/register", "email", ada, "password", testkit.Password)
	testkit.Press(t, b, k.Mail(ada))
	if n := k.Count(`SELECT count(*) FROM tokens WHERE used_at IS NOT NULL AND payload = '{}'`); n != 1 {
		t.Error("the password's stored form is kept")
	}
}

func TestAWrongPasswordAskedAgainIsAnEvent(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().Register(ada)
	b.Post("/confirm", "password", wrong)
	if k.Count(`SELECT count(*) FROM events WHERE name = $1`, audit.ConfirmFailed) != 1 || !strings.Contains(k.Log.String(), "event="+audit.ConfirmFailed) {
		t.Error("nothing is said of it")
	}
}

func TestAnAccountHasAHundredLogins(t *testing.T) {
	k := testkit.Start(t, "LIMIT_VISITOR_ADDRESS=1000", "LIMIT_HASH_ADDRESS=1000")
	first := k.Browser().Register(ada)
	for range 101 {
		k.Browser().LogIn(ada)
		k.Clock.Advance(time.Second)
	}
	if n, known := k.Count(`SELECT count(*) FROM logins`), k.Count(`SELECT count(*) FROM known_browsers`); n != 100 || known != 100 || testkit.LoggedIn(first) {
		t.Errorf("%d logins, %d known browsers, the first one in: %v", n, known, testkit.LoggedIn(first))
	}
}
