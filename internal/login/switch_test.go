package login_test

import (
	"net/http"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

func TestLoggingInAsSomebodyElseEndsTheLogin(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		testkit.Add(t, k, ben)
		b := k.Browser().Register(ada)
		old := b.Copy()
		for _, wrongly := range [][]string{{"email", ben, "password", wrong}, {"email", ada, "password", wrong}} {
			b.Post("/login", wrongly...).Expect(t, http.StatusUnprocessableEntity)
			b.Get("/account").ExpectText(t, http.StatusOK, ada)
		}
		b.Post("/login", "email", ben, "password", testkit.Password, "next", "/account/profile").Expect(t, http.StatusSeeOther, "/account/profile")
		b.Get("/account").ExpectText(t, http.StatusOK, ben, "!"+ada)
		if testkit.LoggedIn(old) || k.Count(`SELECT count(*) FROM logins`) != 1 {
			t.Errorf("the old login lives on: %d", k.Count(`SELECT count(*) FROM logins`))
		}
		if n := k.Count(`SELECT count(*) FROM events e JOIN users u ON u.id = e.user_id WHERE e.name = 'login.ended' AND u.email = $1`, ada); n != 1 {
			t.Errorf("%d ends in the history", n)
		}
		// Pressed twice: the second comes with the token of the login that ended.
		k.Browser().Register("eve@example.org")
		b.Copy().Post("/login", "email", ada, "password", testkit.Password).Expect(t, http.StatusSeeOther)
		b.Post("/login", "email", ada, "password", testkit.Password).Expect(t, http.StatusSeeOther)
		b.Get("/account").ExpectText(t, http.StatusOK, ada)
		if n := k.Count(`SELECT count(*) FROM logins`); n != 2 { // and eve's
			t.Errorf("%d logins", n)
		}
	})
}

func TestLoggingInOnceMoreKeepsTheLogin(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		login, mails := k.Text(`SELECT id FROM logins`), len(k.Mails())
		k.Clock.Advance(20 * time.Minute)
		b.Get("/account/security").Expect(t, http.StatusSeeOther, "/confirm?next=%2Faccount%2Fsecurity")
		b.Post("/login", "email", ada, "password", testkit.Password, "next", "/privacy").Expect(t, http.StatusSeeOther, "/privacy")
		if k.Text(`SELECT id FROM logins`) != login || k.Count(`SELECT count(*) FROM logins`) != 1 || len(k.Mails()) != mails {
			t.Error("it is another login, or somebody got a mail")
		}
		b.Get("/account/security").Expect(t, http.StatusOK) // the password was just given
	})
}

func TestAPageForGuestsSaysWhoIsLoggedIn(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		b.Follow(b.Get("/account")) // what waits is shown
		for address, to := range map[string]string{"/login": "/", "/register": "/", "/login?next=/privacy": "/privacy", "/login?next=//evil.example": "/"} {
			p := b.Get(address).Expect(t, http.StatusSeeOther, to)
			b.Follow(p).ExpectText(t, http.StatusOK, "You are logged in as "+ada)
		}
	})
}
