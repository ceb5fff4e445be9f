package account_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

func TestVerifyingInTheRegisteringBrowserChangesNothingElse(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for _, out := range []bool{false, true} { // logged in, or logged out meanwhile
			email := map[bool]string{false: ada, true: ben}[out]
			b := k.Browser().Register(email)
			if !b.Get("/account").Says("Not verified") {
				t.Error("the account does not say that the address is not verified")
			}
			want := "/account"
			if out {
				b.Post("/logout")
				want = "/login"
			}
			testkit.Press(t, b, k.Mail(email)).Expect(t, http.StatusSeeOther, want)
			if testkit.LoggedIn(b) == out || !testkit.Opens(k, email, testkit.Password) {
				t.Error("verifying changed the login or the password")
			}
			if out {
				b.LogIn(email)
			}
			if p := b.Get("/account"); p.Says("Not verified") || !p.Says("Verified") {
				t.Error("not verified")
			}
		}
	})
}

// Somebody registers with Ada's address and waits until she presses the button (pre-hijacking).
func TestVerifyingElsewhereEndsWhatWasBefore(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		thief := k.Browser().Register(ada)
		second := k.Browser().LogIn(ada)
		thief.Post("/account/email", "email", "thief@example.org")
		verification, change := k.Mails()[0], k.Mail("thief@example.org")
		if verification.To != ada {
			t.Fatal(verification)
		}
		owner := k.Browser()
		if p := testkit.Press(t, owner, verification, "choose", "1"); p.Status != http.StatusSeeOther || p.To != "/password/reset" {
			t.Fatal(p)
		}
		if testkit.LoggedIn(thief) || testkit.LoggedIn(second) || testkit.Opens(k, ada, testkit.Password) {
			t.Error("what the thief had opens the account")
		}
		if p := testkit.Press(t, k.Browser(), change); !testkit.BrokenLink(p) {
			t.Error("the thief's change of address lives on")
		}
		if p := owner.Post("/password/reset", "password", password); p.Status != http.StatusSeeOther || p.To != "/login" {
			t.Fatal(p)
		}
		if !testkit.Opens(k, ada, password) || testkit.Opens(k, ada, testkit.Password) {
			t.Error("the new password is not the password")
		}
	})
}

func TestProofIsAskedForAgain(t *testing.T) {
	k := testkit.Start(t, "LIMIT_MAIL_ACCOUNT=2")
	b := k.Browser().Register(ada)
	for range 4 {
		if p := b.Post("/verify-email/resend"); p.Status != http.StatusSeeOther || !b.Follow(p).Says("We have sent a mail to "+ada) {
			t.Errorf("%s: the answer tells what was sent", p)
		}
	}
	if got := testkit.Subjects(k, ada); len(got) != 3 { // one with the registration, two asked for
		t.Errorf("%q", got)
	}
	testkit.Press(t, b, k.Mail(ada))
	if p := b.Follow(b.Post("/verify-email/resend")); !p.Says("verified already") || len(testkit.Subjects(k, ada)) != 3 {
		t.Error("asked again after it was verified")
	}
}

func TestAtMostThreeLinksLive(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		for range 4 {
			k.Clock.Advance(time.Second)
			k.Browser().Post("/password/forgot", "email", ada)
		}
		sent := k.Mails()[1:]
		for i, works := range []bool{false, true, true, true} {
			b := k.Browser()
			if p := b.Follow(b.Get(testkit.Link(sent[i]))); testkit.BrokenLink(p) == works {
				t.Errorf("link %d: works %v", i, !testkit.BrokenLink(p))
			}
		}
		if p := testkit.Press(t, k.Browser(), sent[2], "password", password); p.To != "/login" {
			t.Error(p)
		}
		for i := range sent {
			if p := testkit.Press(t, k.Browser(), sent[i], "password", password); !testkit.BrokenLink(p) {
				t.Errorf("link %d works after another was used", i)
			}
		}
	})
}

func TestRegistrationThatIsVerified(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser()
		first := b.Post("/register", "name", "Ada", "email", ada, "password", testkit.Password)
		if first.Status != http.StatusSeeOther || first.To != "/register/sent" || k.Count(`SELECT count(*) FROM users`) != 0 {
			t.Fatalf("%d to %s: there is an account before it was verified", first.Status, first.To)
		}
		if testkit.LoggedIn(b) || testkit.Opens(k, ada, testkit.Password) {
			t.Error("logged in before it was verified")
		}
		if p := testkit.Press(t, b, k.Mail(ada)); p.To != "/account" || !testkit.LoggedIn(b) || !b.Get("/account").Says("Verified") {
			t.Fatalf("the registering browser: %s", p)
		}
		// The address is taken now. The answer is the same; its owner is told.
		b2 := k.Browser()
		again := b2.Post("/register", "name", "Eve", "email", " ADA@Example.org", "password", password)
		if again.Status != first.Status || again.To != first.To || (again.SetCookie("latchkey_known") == nil) != (first.SetCookie("latchkey_known") == nil) {
			t.Errorf("the answer tells that the address is taken: %d to %s", again.Status, again.To)
		}
		if a, b := b.Get("/register/sent").Status, b2.Get("/register/sent").Status; a != b {
			t.Error("the page tells it")
		}
		if got := testkit.Subjects(k, ada); got[len(got)-1] != "You already have an account" || !testkit.Opens(k, ada, testkit.Password) || testkit.Opens(k, ada, password) {
			t.Errorf("%q", got)
		}
	}, "REGISTRATION=verify")
}

func TestRegistrationVerifiedElsewhereAsksForAPassword(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		thief := k.Browser()
		thief.Post("/register", "email", ada, "password", testkit.Password)
		owner := k.Browser()
		if p := testkit.Press(t, owner, k.Mail(ada), "choose", "1"); p.To != "/password/reset" || testkit.LoggedIn(owner) || testkit.LoggedIn(thief) {
			t.Fatal(p)
		}
		if testkit.Opens(k, ada, testkit.Password) {
			t.Error("the password of whoever registered opens the account")
		}
		owner.Post("/password/reset", "password", password)
		if !testkit.Opens(k, ada, password) {
			t.Error("the new password does not open it")
		}
	}, "REGISTRATION=verify")
}

func TestOneRegistrationOfManyBecomesTheAccount(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		var browsers []*testkit.Browser
		for range 3 {
			b := k.Browser()
			b.Post("/register", "email", ada, "password", testkit.Password)
			browsers = append(browsers, b)
		}
		sent := k.Mails()
		if won := one(t, k.Browser, testkit.Link(sent[1]), "choose", "1"); won != 1 {
			t.Errorf("%d of 50 had success", won)
		}
		if p := testkit.Press(t, browsers[0], sent[0]); !testkit.BrokenLink(p) || testkit.LoggedIn(browsers[0]) || k.Count(`SELECT count(*) FROM users`) != 1 {
			t.Errorf("another registration of the address lives on: %s", p)
		}
	}, "REGISTRATION=verify", "LIMIT_LINK_ADDRESS=10000")
}

func TestWhoIsLoggedInStaysSo(t *testing.T) {
	k := testkit.Start(t, "REGISTRATION=verify")
	b := k.Browser()
	b.Post("/register", "email", ada, "password", testkit.Password)
	testkit.Press(t, b, k.Mail(ada))
	b.Post("/logout")
	b.Post("/register", "email", ben, "password", testkit.Password)
	b.LogIn(ada)
	testkit.Press(t, b, k.Mail(ben))
	if p := b.Get("/account"); !p.Says(ada) || !testkit.Opens(k, ben, testkit.Password) {
		t.Error("a link in a mail changed who is logged in")
	}
}

func TestInvitation(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser()
		if p := b.Post("/register", "email", ada, "password", testkit.Password); p.Status != http.StatusForbidden || !p.Says("You need an invitation") {
			t.Errorf("without an invitation: %s", p)
		}
		link, err := k.App.Operator.Invite(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(link, k.URL)
		if p := b.Get(path); p.To != "/register" || b.Get("/register").Status != http.StatusOK {
			t.Fatal(p)
		}
		if p := b.Post("/register", "email", ada, "password", testkit.Password); p.To != "/account" || !testkit.LoggedIn(b) {
			t.Fatalf("with it: %s", p)
		}
		other := k.Browser()
		other.Get(path)
		other.Post("/register", "email", ben, "password", testkit.Password).Expect(t, http.StatusForbidden)
		if _, err := k.App.Operator.Invite(t.Context(), ben); err != nil {
			t.Fatal(err)
		}
		if got := testkit.Subjects(k, ben); !slices.Equal(got, []string{"You are invited"}) {
			t.Errorf("%q", got)
		}
		other.Get(testkit.Link(k.Mail(ben)))
		other.Post("/register", "email", "eve@example.org", "password", testkit.Password).Expect(t, http.StatusUnprocessableEntity)
		if p := other.Post("/register", "email", ben, "password", testkit.Password); p.To != "/account" {
			t.Errorf("for the invited one, after a mistake: %s", p)
		}
	}, "REGISTRATION=invite")
}
