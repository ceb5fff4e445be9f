package account_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

func TestNewAddress(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := testkit.Verified(t, k, ada)
		k.Browser().Post("/password/forgot", "email", ada)
		forgot := k.Mail(ada)
		if p := b.Post("/account/email", "email", "new@example.org"); p.Status != http.StatusSeeOther || !b.Follow(p).Says("We have sent a mail to new@example.org") {
			t.Fatal(p)
		}
		if !testkit.Opens(k, ada, testkit.Password) || testkit.Opens(k, "new@example.org", testkit.Password) {
			t.Error("changed before it was verified")
		}
		// In a browser that is not the account's, the button does nothing: somebody else may have asked for this address.
		stranger := k.Browser()
		if p := testkit.Press(t, stranger, k.Mail("new@example.org")); p.To != "/verify-email" || !stranger.Get(p.To).Says("Log in first") || !testkit.Opens(k, ada, testkit.Password) {
			t.Fatalf("a stranger's browser: %s", p)
		}
		// Logged in there, it goes on where it was.
		if p := stranger.Post("/login", "email", ada, "password", testkit.Password, "next", "/verify-email"); p.To != "/verify-email" || !stranger.Get(p.To).Says("Use this address?") {
			t.Errorf("after a log in: %s", p)
		}
		if p := testkit.Press(t, b, k.Mail("new@example.org")); p.Status != http.StatusSeeOther {
			t.Fatal(p)
		}
		if testkit.Opens(k, ada, testkit.Password) || !testkit.Opens(k, "NEW@example.org", testkit.Password) || !testkit.LoggedIn(b) {
			t.Error("not changed, or the login ended")
		}
		if p := testkit.Press(t, k.Browser(), forgot, "password", password); !testkit.BrokenLink(p) {
			t.Errorf("a link that went to the old address opens the account: %s", p)
		}
		if got := testkit.Subjects(k, ada); got[len(got)-1] != "Your address was changed" {
			t.Errorf("%q", got)
		}
	})
}

func TestNewAddressIsTakenBack(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		thief := testkit.Verified(t, k, ada) // with Ada's password, say
		thief.Post("/account/email", "email", "thief@example.org")
		testkit.Press(t, thief, k.Mail("thief@example.org"))
		undo := k.Mail(ada)
		k.Browser().Post("/password/forgot", "email", "thief@example.org")
		thiefs := k.Mail("thief@example.org")
		owner := k.Browser()
		if p := owner.Follow(testkit.Press(t, owner, undo)); p.Status != http.StatusOK || !p.Says("The old address is back") {
			t.Fatal(p)
		}
		if testkit.LoggedIn(thief) || testkit.Opens(k, ada, testkit.Password) || testkit.Opens(k, "thief@example.org", testkit.Password) {
			t.Error("the thief is in")
		}
		if p := testkit.Press(t, thief, thiefs, "password", password); !testkit.BrokenLink(p) {
			t.Errorf("the thief's link to a new password works: %s", p)
		}
		if p := testkit.Press(t, owner, k.Mail(ada), "password", password); p.To != "/login" || !testkit.Opens(k, ada, password) {
			t.Errorf("the way back: %s", p)
		}
	})
}

// A thief changes the address again and again, to push out or to overtake the link that takes it back.
func TestTheFirstOwnerCanAlwaysTakeItBack(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		thief := testkit.Verified(t, k, ada)
		undo := ""
		for i, email := range []string{"t1@example.org", "t2@example.org", "t3@example.org", "t4@example.org"} {
			k.Clock.Advance(time.Second)
			p := thief.Post("/account/email", "email", email)
			if i == 3 {
				if p.Status != http.StatusTooManyRequests {
					t.Errorf("a fourth change while three can be taken back: %s", p)
				}
				break
			}
			testkit.Press(t, thief, k.Mail(email))
			if i == 0 {
				undo = testkit.Link(k.Mail(ada))
			}
		}
		if p := testkit.Press(t, thief, k.Mail("t2@example.org")); p.To != "/password/forgot/sent" {
			t.Fatalf("the thief's own undo: %s", p)
		}
		owner := k.Browser()
		owner.Get(undo)
		if p := owner.Post("/account/email/undo"); p.To != "/password/forgot/sent" || k.Count(`SELECT count(*) FROM users WHERE email = $1`, ada) != 1 {
			t.Errorf("the owner comes too late: %s", p)
		}
	}, "LIMIT_MAIL_ACCOUNT=50")
}

func TestAnAddressThatWasNeverProvenGetsNoWayBack(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().Register("typo@example.org") // a stranger's
	b.Post("/account/email", "email", ada)
	testkit.Press(t, b, k.Mail(ada))
	if got := testkit.Subjects(k, "typo@example.org"); !slices.Equal(got, []string{"Verify your e-mail address", "Your address was removed"}) {
		t.Errorf("%q", got)
	}
	if m := k.Mail("typo@example.org"); testkit.Link(m) != "" || strings.Contains(m.Text, ada) {
		t.Errorf("it is told too much: %s", m.Text)
	}
}

func TestOfTwoNewAddressesTheLaterCounts(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := testkit.Verified(t, k, ada)
		b.Post("/account/email", "email", "one@example.org")
		b.Post("/account/email", "email", "two@example.org")
		if p := testkit.Press(t, b, k.Mail("one@example.org")); !testkit.BrokenLink(p) {
			t.Errorf("the address that was given up: %s", p)
		}
		testkit.Press(t, b, k.Mail("two@example.org"))
		if k.Count(`SELECT count(*) FROM users WHERE email = 'two@example.org'`) != 1 {
			t.Error("the later one is not the address")
		}
	})
}

func TestANewAddressThatIsTaken(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := testkit.Verified(t, k, ada)
		k.Browser().Register(ben)
		free := b.Post("/account/email", "email", "free@example.org")
		taken := b.Post("/account/email", "email", ben)
		if taken.Status != free.Status || taken.To != free.To {
			t.Errorf("the answer tells: %d and %d", free.Status, taken.Status)
		}
		if got := testkit.Subjects(k, ben); got[len(got)-1] != "Somebody asked to use your address" {
			t.Errorf("%q", got)
		}
		// Free when it was asked for, taken when the button was pressed.
		b.Post("/account/email", "email", "late@example.org")
		m := k.Mail("late@example.org")
		k.Browser().Register("late@example.org")
		if p := testkit.Press(t, b, m); !testkit.BrokenLink(p) || k.Count(`SELECT count(*) FROM users WHERE email = $1`, ada) != 1 {
			t.Error(p)
		}
	})
}

// Look-alikes of an address are other addresses, or none at all.
func TestLookAlikesGetNobodyElsesMail(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		kim := "kim@example.org"
		testkit.Verified(t, k, kim)
		before := len(k.Mails())
		for _, email := range []string{"\u212aim@example.org", "kım@example.org", "kim@example.org.", "kim@еxample.org"} {
			p := k.Browser().Post("/password/forgot", "email", email)
			if p.Status >= 500 || len(k.Mails()) != before {
				t.Errorf("%q: %s, %d mails", email, p, len(k.Mails())-before)
			}
			if p := k.Browser().Post("/register", "email", email, "password", testkit.Password); p.Status != http.StatusUnprocessableEntity {
				if got := k.Mail(email); got.To == kim {
					t.Errorf("%q: %s", email, p)
				}
				before = len(k.Mails())
			}
		}
	})
}
