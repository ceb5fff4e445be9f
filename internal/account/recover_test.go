package account_test

import (
	"net/http"
	"slices"
	"testing"

	"example.com/latchkey/internal/testkit"
)

func TestForgottenPassword(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		other := k.Browser().LogIn(ada)
		forgetful := k.Browser()
		if p := forgetful.Post("/password/forgot", "email", " ADA@example.org"); p.Status != http.StatusSeeOther || !forgetful.Follow(p).Says("Check your mail") {
			t.Fatal(p)
		}
		m := k.Mail(ada)
		if p := testkit.Press(t, forgetful, m, "password", "password1234567"); p.Status != http.StatusUnprocessableEntity || !p.Says("guesser") {
			t.Errorf("a weak one: %s", p)
		}
		if p := forgetful.Post("/password/reset", "password", password); p.Status != http.StatusSeeOther || p.To != "/login" {
			t.Fatalf("%s: the link is used up by a mistake", p)
		}
		if !forgetful.Get("/login").Says("The password of ada@example.org was changed") {
			t.Error("nothing is said")
		}
		if testkit.LoggedIn(b) || testkit.LoggedIn(other) || testkit.Opens(k, ada, testkit.Password) || !testkit.Opens(k, ada, password) {
			t.Error("the old password or a login lives on")
		}
		if k.Count(`SELECT count(*) FROM users WHERE verified_at > 0`) != 1 {
			t.Error("whoever read the mail has verified the address")
		}
		if got := testkit.Subjects(k, ada); !slices.Contains(got, "Your password was changed") {
			t.Errorf("no notice: %q", got)
		}
	})
}

func TestForgottenPasswordInTheUsersOwnBrowserEndsItsLoginToo(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		old := b.Copy()
		b.Post("/password/forgot", "email", ada)
		if p := testkit.Press(t, b, k.Mail(ada), "password", password); p.To != "/login" || testkit.LoggedIn(b) || testkit.LoggedIn(old) {
			t.Errorf("%s, logged in %v", p, testkit.LoggedIn(b))
		}
		old.Post(testkit.Private, "title", "x").Expect(t, http.StatusConflict)
	})
}

func TestForgottenPasswordTellsNothing(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		k.Browser().Register(ben)
		k.Exec(`UPDATE users SET disabled_at = 1 WHERE email = $1`, ben)
		before := len(k.Mails())
		for _, email := range []string{ada, ben, "eve@example.org"} {
			b := k.Browser()
			p := b.Post("/password/forgot", "email", email)
			if p.Status != http.StatusSeeOther || p.To != "/password/forgot/sent" || len(p.Header["Set-Cookie"]) != 0 {
				t.Errorf("%s: %s to %s %v", email, p, p.To, p.Header)
			}
		}
		if n := len(k.Mails()) - before; n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}

func TestLimitOnMailsToAnAccountIsSilent(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		k.Browser().Register(ben)
		for range 6 {
			if p := k.Browser().Post("/password/forgot", "email", ada); p.To != "/password/forgot/sent" {
				t.Error(p)
			}
		}
		if n := len(testkit.Subjects(k, ada)); n != 1+3 {
			t.Errorf("%d mails", n)
		}
		// Mails that are not sent end no link that was sent.
		if p := testkit.Press(t, k.Browser(), k.Mails()[2], "password", password); p.To != "/login" {
			t.Errorf("%s: the first link was ended", p)
		}
	}, "LIMIT_MAIL_ACCOUNT=3")
}

func TestLimitOnMailsByAddressIsSaid(t *testing.T) {
	k := testkit.Start(t, "LIMIT_MAIL_ADDRESS=2")
	for i := range 3 {
		p := k.Browser().Post("/password/forgot", "email", "nobody@example.org")
		if limited := p.Status == http.StatusTooManyRequests && p.Header.Get("Retry-After") != ""; limited != (i == 2) {
			t.Errorf("%d: %s", i, p)
		}
	}
}

func TestLimitOnLinks(t *testing.T) {
	k := testkit.Start(t, "LIMIT_LINK_ADDRESS=2")
	for i := range 3 {
		p := k.Browser().Post("/verify-email", "token", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
		if limited := p.Status == http.StatusTooManyRequests && p.Header.Get("Retry-After") != ""; limited != (i == 2) {
			t.Errorf("%d: %s", i, p)
		}
	}
}

func TestANewBrowserIsToldOf(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		b.Post("/logout")
		b.LogIn(ada)
		if got := testkit.Subjects(k, ada); !slices.Equal(got, []string{"Verify your e-mail address"}) {
			t.Errorf("the browser that registered: %q", got)
		}
		thief := k.Browser().LogIn(ada)
		m := k.Mail(ada)
		if m.Subject != "New login to your account" {
			t.Fatalf("%q", testkit.Subjects(k, ada))
		}
		thief.Post("/logout")
		thief.LogIn(ada)
		if n := len(testkit.Subjects(k, ada)); n != 2 {
			t.Errorf("told of a known browser: %d mails", n)
		}
		owner := b.Copy() // logged in, so its own login ends, too: the next page is a guest's
		if p := owner.Follow(testkit.Press(t, owner, m)); p.Status != http.StatusOK || !p.Says("Your account is safe") || p.Says("/logout") {
			t.Fatal(p)
		}
		if testkit.LoggedIn(b) || testkit.LoggedIn(thief) || testkit.Opens(k, ada, testkit.Password) || k.Count(`SELECT count(*) FROM known_browsers`) != 0 {
			t.Error("the thief is still in, or known")
		}
		if p := testkit.Press(t, owner, k.Mail(ada), "password", password); p.To != "/login" || !testkit.Opens(k, ada, password) {
			t.Errorf("the way back: %s", p)
		}
	})
}

func TestPasswordChangeIsToldOf(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().Register(ada)
	b.Post("/account/password", "current", testkit.Password, "password", password)
	m := k.Mail(ada)
	if m.Subject != "Your password was changed" || !testkit.LoggedIn(b) {
		t.Fatalf("%q", m.Subject)
	}
	testkit.Press(t, k.Browser(), m)
	if testkit.LoggedIn(b) || testkit.Opens(k, ada, password) {
		t.Error("“this wasn't me” ended nothing")
	}
}
