package oidc_test

import (
	"net/http"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// The five classic forms of pre-hijacking (Sudhodanan and Paverd, "Pre-hijacked accounts", 2022): somebody has an account
// with ada's address before she comes, and waits for her.

// thief is whom the other site knows the other person as.
const thief = "thief-9"

// TestPreHijackClassicFederatedMerge registers with her address and a password; she comes by the other site. Neither may
// get into the account of the other.
func TestPreHijackClassicFederatedMerge(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		k.Browser().Register(testkit.Ada) // the thief, who cannot verify it
		ada := opened(k)
		through(t, k, o, ada, "").ExpectText(t, 422, "Somebody registered with your address before", "Choose a password by mail", "/password/forgot")
		if testkit.LoggedIn(ada) || k.Count(`SELECT count(*) FROM identities`) != 0 {
			t.Fatal("merged")
		}
		ada.Post("/password/forgot", "email", testkit.Ada)
		testkit.Press(t, ada, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		if testkit.Opens(k, testkit.Ada, testkit.Password) {
			t.Error("the thief's password still opens it")
		}
		through(t, k, o, opened(k), "").Expect(t, http.StatusSeeOther, "/login/join") // and now she may link it
	})
}

// TestPreHijackUnexpiredSession is the same, where the thief stays logged in until she has the account.
func TestPreHijackUnexpiredSession(t *testing.T) {
	k, o := started(t)
	stays := k.Browser().Register(testkit.Ada)
	ada := opened(k)
	ada.Post("/password/forgot", "email", testkit.Ada)
	testkit.Press(t, ada, k.Mail(testkit.Ada), "password", testkit.NewPassword)
	ada = opened(k)
	through(t, k, o, ada, "").Expect(t, http.StatusSeeOther, "/login/join")
	ada.Post("/login", "email", testkit.Ada, "password", testkit.NewPassword)
	ada.Post(listPath+"/link").Expect(t, http.StatusSeeOther, listPath)
	if testkit.LoggedIn(stays) {
		t.Error("the thief is still logged in")
	}
}

// TestPreHijackTrojanIdentifier has the thief link an account of their own at the other site before she comes: not before
// the address is verified, and what was linked ends when she takes the account over.
func TestPreHijackTrojanIdentifier(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		b := k.Browser().Register(testkit.Ada)
		o.subs = thief
		b.Post(listPath+"/with/test").ExpectText(t, http.StatusOK, "Verify your address first")
		b.Get(listPath).ExpectText(t, http.StatusOK, "!Link Example")
		// However it came there, it goes when its owner takes the account over, by each way to do that.
		plant := func() {
			k.Exec(`INSERT INTO identities (id, user_id, issuer, subject, email, created_at, used_at) SELECT 'x', id, CAST($1 AS TEXT), CAST($2 AS TEXT), '', 0, 0 FROM users`, o.URL, thief)
		}
		gone := func(how string) {
			t.Helper()
			if k.Count(`SELECT count(*) FROM identities`) != 0 {
				t.Error("it outlives", how)
			}
			b := opened(k)
			if through(t, k, o, b, ""); testkit.LoggedIn(b) {
				t.Error("it still logs in, after", how)
			}
		}
		plant()
		ada := k.Browser()
		ada.Post("/password/forgot", "email", testkit.Ada)
		testkit.Press(t, ada, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		gone("the first password by mail")
		plant()
		k.Browser().Post("/login", "email", testkit.Ada, "password", testkit.NewPassword) // a new browser, of which she is mailed
		testkit.Press(t, k.Browser(), k.Mail(testkit.Ada))
		gone("“this wasn't me”")
	})
}

// TestPreHijackUnexpiredEmailChange has the thief ask for a change to her address, and press the link after she has come.
func TestPreHijackUnexpiredEmailChange(t *testing.T) {
	k, o := started(t)
	const own = "thief@example.org"
	b := testkit.Verified(t, k, own)
	b.Post("/account/email", "email", testkit.Ada).Expect(t, http.StatusSeeOther)
	change := k.Mail(testkit.Ada)
	ada := opened(k)
	through(t, k, o, ada, "").Expect(t, http.StatusSeeOther, "/account")
	testkit.Press(t, b, change)
	if k.Count(`SELECT count(*) FROM users WHERE email = $1`, testkit.Ada) != 1 || k.Count(`SELECT count(*) FROM users WHERE email = $1`, own) != 1 {
		t.Error("the address has changed hands")
	}
	through(t, k, o, opened(k), "").Expect(t, http.StatusSeeOther, "/account")
	if got := k.Text(`SELECT u.email FROM users u JOIN identities i ON i.user_id = u.id`); got != testkit.Ada {
		t.Errorf("she logs in to %s", got)
	}
}

// TestPreHijackNonVerifyingProvider has the thief come by a provider that lets them claim her address: no account is made of
// it, and hers is not found by it.
func TestPreHijackNonVerifyingProvider(t *testing.T) {
	k, o := started(t)
	o.subs, o.claims["email_verified"] = thief, false
	through(t, k, o, opened(k), "").ExpectText(t, 422, "does not say that your address is yours")
	if k.Count(`SELECT count(*) FROM users`) != 0 {
		t.Fatal("an account")
	}
	testkit.Verified(t, k, testkit.Ada)
	through(t, k, o, opened(k), "").ExpectText(t, 422, "does not say that your address is yours")
	o.subs, o.claims["email_verified"] = "ada-1", true
	through(t, k, o, opened(k), "").Expect(t, http.StatusSeeOther, "/login/join")
}

// TestNothingGoesByAUserName has another person take a name and an address that were somebody else's at the provider.
func TestNothingGoesByAUserName(t *testing.T) {
	k, o := started(t)
	linked(t, k, o)
	o.subs, o.claims["preferred_username"] = thief, testkit.Ada
	b := opened(k)
	through(t, k, o, b, "").Expect(t, http.StatusSeeOther, "/login/join")
	if testkit.LoggedIn(b) {
		t.Error("logged in by the address")
	}
	o.claims["email"], o.claims["email_verified"] = "new@example.org", true
	through(t, k, o, opened(k), "").Expect(t, http.StatusSeeOther, "/account")
	if k.Count(`SELECT count(*) FROM users`) != 2 {
		t.Error("not an account of its own")
	}
}
