package known_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

const (
	knownCookie = "latchkey_known"
	ada         = testkit.Ada
	ben         = testkit.Ben
	wrong       = testkit.Wrong
)

// A token that somebody planted, or chose, or has a copy of, makes nobody known: log in and register give a new one.
func TestAPlantedKnownBrowserIsNotKnown(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		mallory := k.Browser().Register("mallory@example.org")
		mallory.Post("/logout")
		chosen := strings.Repeat("A", 43)
		for planted, thief := range map[string]*testkit.Browser{mallory.Cookie(knownCookie): mallory, chosen: k.Browser()} {
			thief.SetCookie(knownCookie, planted)
			for _, how := range []string{"registers", "logs in"} {
				shared := k.Browser()
				shared.SetCookie(knownCookie, planted)
				shared.LogInAs(ada)
				if got := shared.Cookie(knownCookie); got == planted || len(got) != 43 {
					t.Errorf("%s: the browser keeps %q", how, got)
				}
				testkit.Guess(k.Browser(), ada, 15) // a stranger's bucket is empty
				if n := testkit.Guess(thief, ada, 1); n != 0 {
					t.Errorf("%s: the planted token has tries of its own", how)
				}
				shared.Post("/logout")
				shared.LogIn(ada) // the owner is not locked out
				k.Clock.Advance(15 * time.Minute)
			}
			k.Exec(`DELETE FROM users WHERE email = $1`, ada)
		}
	}, "LIMIT_LOGIN_ADDRESS=1000")
}

// A browser that begins a registration keeps its token until the account is there: then it is given another one.
func TestAPlantedTokenThatBeganARegistrationIsNotKnown(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		thief, shared := k.Browser(), k.Browser()
		for _, b := range []*testkit.Browser{thief, shared} {
			b.SetCookie(knownCookie, strings.Repeat("A", 43))
		}
		shared.Post("/register", "email", ada, "password", testkit.Password)
		testkit.Press(t, shared, k.Mail(ada))
		if !testkit.LoggedIn(shared) || shared.Cookie(knownCookie) == thief.Cookie(knownCookie) {
			t.Error("the browser keeps the token")
		}
		testkit.Guess(k.Browser(), ada, 15)
		if testkit.Guess(thief, ada, 1) != 0 {
			t.Error("the planted token has tries of its own")
		}
		shared.Post("/logout")
		shared.LogIn(ada).Post("/logout")

		// Also while somebody else is logged in.
		shared.Post("/register", "email", ben, "password", testkit.Password)
		shared.LogIn(ada)
		before := shared.Cookie(knownCookie)
		if p := testkit.Press(t, shared, k.Mail(ben)); p.To != "/account" || shared.Cookie(knownCookie) == before {
			t.Errorf("%s: no new token", p)
		}
		for _, email := range []string{ada, ben} {
			shared.Post("/logout")
			shared.LogIn(email)
			if slices.Contains(testkit.Subjects(k, email), "New login to your account") {
				t.Errorf("%s is told of a new browser", email)
			}
		}
	}, "REGISTRATION=verify")
}

// One browser, two accounts: what it is given for the second keeps it known to the first, and its registering browser.
func TestABrowserStaysKnownToItsOtherAccounts(t *testing.T) {
	for _, mode := range []string{"open", "verify"} {
		t.Run(mode, func(t *testing.T) {
			testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
				b := k.Browser()
				for _, email := range []string{ada, ben} {
					b.Post("/register", "email", email, "password", testkit.Password)
					if mode == "verify" {
						testkit.Press(t, b, k.Mail(email))
					}
					b.Post("/logout")
				}
				k.Browser().Post("/register", "email", "eve@example.org", "password", testkit.Password)
				b.LogIn(ada).Post("/logout")
				b.LogIn(ben).Post("/logout")
				b.LogIn(ada)
				for _, email := range []string{ada, ben} {
					if slices.Contains(testkit.Subjects(k, email), "New login to your account") {
						t.Errorf("%s is told of a new browser", email)
					}
				}
				if mode == "verify" {
					return
				}
				if p := testkit.Press(t, b, k.Mail(ada)); p.To != "/account" || !testkit.Opens(k, ada, testkit.Password) {
					t.Errorf("the registering browser verifies the address: %s", p)
				}
			}, "REGISTRATION="+mode)
		})
	}
}

func TestAProofWithAnotherAccountsBrowserIsNoRegisteringBrowsers(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner := k.Browser()
		owner.Post("/register", "email", ben, "password", testkit.Password)
		testkit.Press(t, owner, k.Mail(ben))
		owner.Post("/logout")
		if owner.Cookie(knownCookie) == "" {
			t.Fatal("no known browser")
		}
		thief := k.Browser()
		thief.Post("/register", "email", ada, "password", testkit.Password)
		if p := testkit.Press(t, owner, k.Mail(ada), "choose", "1"); p.Status != http.StatusSeeOther || p.To != "/password/reset" || testkit.Opens(k, ada, testkit.Password) {
			t.Errorf("%s: the password of whoever registered counts", p)
		}
	}, "REGISTRATION=verify")
}
