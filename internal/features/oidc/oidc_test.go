package oidc_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

func TestLogInAndRegister(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		b := opened(k)
		b.Get("/login").ExpectText(t, 200, "Log in with Example", "Log in with GitHub")
		b.Get("/register").ExpectText(t, 200, "Register with Example")
		through(t, k, o, b, "", "next", testkit.Private).Expect(t, http.StatusSeeOther, testkit.Private)
		b.Get(testkit.Private).ExpectText(t, 200, "Your account is ready")
		q := o.asked[0]
		if q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != k.URL+"/login/with/test/callback" || q.Get("scope") != "openid email profile" {
			t.Errorf("asked %v", q)
		}
		if k.Count(`SELECT count(*) FROM users WHERE email = $1 AND verified_at > 0 AND password_hash = '' AND name = 'Ada'`, testkit.Ada) != 1 {
			t.Error("no account, or not as it should be")
		}
		if subjects := testkit.Subjects(k, testkit.Ada); len(subjects) != 0 {
			t.Errorf("mailed %q", subjects)
		}
		b.Post("/logout")
		b.Get("/login")
		o.claims["email"], o.claims["email_verified"] = "ada@elsewhere.example", nil // nothing goes by the address from now on
		p := through(t, k, o, b, "", "remember", "1").Expect(t, http.StatusSeeOther, "/account")
		if p.SetCookie("latchkey") == nil || p.SetCookie("latchkey").MaxAge == 0 || k.Count(`SELECT count(*) FROM users`) != 1 {
			t.Error("not remembered, or another account")
		}
		b.Get("/account/activity").ExpectText(t, 200, "Account registered", "With Example", "Address verified")
		b.Get("/account/devices").ExpectText(t, 200, "Other sites", "Example, "+testkit.Ada, "Your last way in")
		if p := opened(k); through(t, k, o, p, "").Status != 303 || k.Mail(testkit.Ada).Subject != "New login to your account" {
			t.Error("a new browser is not mailed")
		}
	})
}

func TestLogInWithGitHub(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		b := opened(k)
		through(t, k, o, b, "/login/with/github").Expect(t, http.StatusSeeOther, "/account")
		if got := k.Text(`SELECT issuer || ' ' || subject FROM identities`); got != o.git+" 4711" {
			t.Errorf("it is %s", got)
		}
		b.Post("/logout")
		b.Get("/login")
		through(t, k, o, b, "/login/with/github").Expect(t, http.StatusSeeOther, "/account")
		if k.Count(`SELECT count(*) FROM users`) != 1 {
			t.Error("another account")
		}
	})
	k, o := started(t)
	o.claims["email_verified"] = false
	through(t, k, o, opened(k), "/login/with/github").ExpectText(t, 422, "GitHub does not say that your address is yours")
}

// TestAnOwnerLinksAfterLogIn is the way to an account that is there: its owner logs in first, and presses a button.
func TestAnOwnerLinksAfterLogIn(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		testkit.Verified(t, k, testkit.Ada)
		b := opened(k)
		through(t, k, o, b, "").Expect(t, http.StatusSeeOther, "/login/join")
		b.Get("/login/join").ExpectText(t, 200, "You have an account here", testkit.Ada)
		if testkit.LoggedIn(b) || k.Count(`SELECT count(*) FROM identities`) != 0 {
			t.Fatal("logged in, or linked, by the address alone")
		}
		b.Post("/login", "email", testkit.Ada, "password", testkit.Password, "next", listPath+"/link").Expect(t, http.StatusSeeOther, listPath+"/link")
		b.Get(listPath+"/link").ExpectText(t, 200, "Link Example to your account?", testkit.Ada)
		b.Post(listPath+"/link").Expect(t, http.StatusSeeOther, listPath)
		b.Get(listPath).ExpectText(t, 200, "Example is linked", "Unlink")
		if got := k.Mail(testkit.Ada).Subject; got != "Another site was linked" {
			t.Errorf("the last mail is %q", got)
		}
		b.Post(listPath+"/link").ExpectText(t, 422, "Nothing waits")
		through(t, k, o, opened(k), "").Expect(t, http.StatusSeeOther, "/account")
	})
}

func TestWhatWaitsIsForTheOwnerAlone(t *testing.T) {
	k, o := started(t)
	testkit.Verified(t, k, testkit.Ada)
	testkit.Verified(t, k, testkit.Ben)
	b := opened(k)
	through(t, k, o, b, "")
	b.LogIn(testkit.Ben)
	b.Get(listPath+"/link").ExpectText(t, 422, "meant for another account")
	b.Post(listPath+"/link").Expect(t, 422)

	ben := testkit.Verified(t, k, "ben2@example.org")
	through(t, k, o, ben, listPath+"/with/test")
	k.Exec(`UPDATE oidc_pending SET data = replace(data, $1, $2)`, k.Text(`SELECT id FROM users WHERE email = 'ben2@example.org'`), k.Text(`SELECT id FROM users WHERE email = $1`, testkit.Ada))
	ben.Post(listPath+"/link").Expect(t, 422)

	b = opened(k)
	through(t, k, o, b, "")
	b.LogIn(testkit.Ada)
	k.Clock.Advance(11 * time.Minute)
	b.Post(listPath+"/link").ExpectText(t, 422, "longer than ten minutes")

	b = opened(k)
	through(t, k, o, b, "")
	b.LogIn(testkit.Ada)
	k.Exec(`UPDATE users SET email = 'new@example.org', email_key = 'new@example.org' WHERE email = $1`, testkit.Ada)
	b.Post(listPath+"/link").Expect(t, 422)
	if k.Count(`SELECT count(*) FROM identities`) != 0 {
		t.Error("linked")
	}
}

func TestLinkAndUnlink(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		o.claims["email"], o.claims["email_verified"] = "someone@elsewhere.example", nil // whose address it is does not matter here
		ada := linked(t, k, o)
		id := k.Text(`SELECT id FROM identities`)
		ben := testkit.Verified(t, k, testkit.Ben)
		through(t, k, o, ben, listPath+"/with/test").Expect(t, http.StatusSeeOther, listPath+"/link")
		ben.Post(listPath+"/link").ExpectText(t, 422, "This account at Example is linked already", "Take another account at Example")
		ben.Get(listPath+"/unlink/"+id).Expect(t, http.StatusNotFound)
		ben.Post(listPath+"/unlink/"+id).Expect(t, http.StatusNotFound)

		k.Exec(`UPDATE users SET password_hash = '' WHERE email = $1`, testkit.Ada)
		ada.Get(listPath).ExpectText(t, 200, "Your last way in", "!/unlink/")
		ada.Post(listPath+"/unlink/"+id).ExpectText(t, 422, "This is your last way in")
		k.Exec(`UPDATE users SET password_hash = 'x' WHERE email = $1`, testkit.Ada)
		ada.Get(listPath+"/unlink/"+id).ExpectText(t, 200, "Unlink Example?")
		ada.Post(listPath+"/unlink/"+id).Expect(t, http.StatusSeeOther, listPath)
		if got := k.Mail(testkit.Ada).Subject; got != "Another site was unlinked" {
			t.Errorf("the last mail is %q", got)
		}
		through(t, k, o, opened(k), "").Expect(t, 422)
	})
}

// TestNobodyUnlinksTheLastWayIn unlinks all at once.
func TestNobodyUnlinksTheLastWayIn(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		ada := linked(t, k, o)
		ids := strings.Fields("aa bb cc dd ee ff gg hh ii jj kk ll")
		for _, id := range ids {
			k.Exec(`INSERT INTO identities (id, user_id, issuer, subject, email, created_at, used_at)
				SELECT CAST($1 AS TEXT), id, 'https://elsewhere.example', CAST($1 AS TEXT), '', 0, 0 FROM users`, id)
		}
		k.Exec(`UPDATE users SET password_hash = ''`)
		var all sync.WaitGroup
		for _, id := range append(ids, k.Text(`SELECT id FROM identities WHERE subject = 'ada-1'`)) {
			same := ada.Copy()
			all.Go(func() { same.Post(listPath + "/unlink/" + id) })
		}
		all.Wait()
		if n := k.Count(`SELECT count(*) FROM identities`); n != 1 {
			t.Errorf("%d are left", n)
		}
	})
}

// TestTwentyCallbacks comes back twenty times at once: one login, and one account.
func TestTwentyCallbacks(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		for round, want := range []string{"registers", "logs in"} {
			b := opened(k)
			address := o.allow(send(t, b, "/login/with/test"))
			before := k.Count(`SELECT count(*) FROM logins`)
			var in atomic.Int64
			var all sync.WaitGroup
			for range 20 {
				same := b.Copy()
				all.Go(func() {
					if p := comeBack(t, k, same, address); p.Status == http.StatusSeeOther {
						in.Add(1)
					}
				})
			}
			all.Wait()
			if n := k.Count(`SELECT count(*) FROM logins`) - before; in.Load() != 1 || n != 1 || k.Count(`SELECT count(*) FROM users`) != 1 {
				t.Errorf("round %d, %s: %d got in, %d logins", round, want, in.Load(), n)
			}
		}
	})
}

// TestTwentyTabsRegisterOnce comes back from twenty requests of one new person.
func TestTwentyTabsRegisterOnce(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		var all sync.WaitGroup
		for range 20 {
			b := opened(k)
			address := o.allow(send(t, b, "/login/with/test"))
			all.Go(func() { comeBack(t, k, b, address) })
		}
		all.Wait()
		if u, i := k.Count(`SELECT count(*) FROM users`), k.Count(`SELECT count(*) FROM identities`); u != 1 || i != 1 {
			t.Errorf("%d accounts, %d identities", u, i)
		}
	})
}

// TestASecondTabBreaksNothing begins twice in one browser, and comes back from both.
func TestASecondTabBreaksNothing(t *testing.T) {
	k, o := started(t)
	b := opened(k)
	one, two := send(t, b, "/login/with/test", "next", testkit.Private), send(t, b, "/login/with/test")
	comeBack(t, k, b, o.allow(one)).Expect(t, http.StatusSeeOther, testkit.Private)
	comeBack(t, k, b, o.allow(two)).Expect(t, http.StatusSeeOther, "/account") // logged in already
	if k.Count(`SELECT count(*) FROM logins`) != 1 {
		t.Error("two logins")
	}
}

func TestConfirmWithoutAPassword(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		b := opened(k)
		through(t, k, o, b, "")
		k.Clock.Advance(16 * time.Minute)
		b.Get("/account/delete").Expect(t, http.StatusSeeOther, "/confirm?next=%2Faccount%2Fdelete")
		b.Get("/confirm?next=%2Faccount%2Fdelete").ExpectText(t, 200, "Confirm with Example", "!Confirm with GitHub")
		const confirm = "/confirm/with/test"
		o.subs = "ben-1"
		through(t, k, o, b, confirm, "next", "/account/delete").ExpectText(t, 422, "This is another account at Example")
		ben := opened(k)
		o.claims["email"] = testkit.Ben
		through(t, k, o, ben, "").Expect(t, http.StatusSeeOther, "/account") // who has an account here
		through(t, k, o, b, confirm, "next", "/account/delete").ExpectText(t, 422, "This is another account at Example")
		b.Get("/account/delete").Expect(t, http.StatusSeeOther)
		o.subs = "ada-1"
		o.wrong = func(_, claims map[string]any) { claims["auth_time"] = since(k, -time.Hour) }
		through(t, k, o, b, confirm).ExpectText(t, 422, "could not be verified")
		o.wrong = nil
		b.Get("/account/delete").Expect(t, http.StatusSeeOther)
		through(t, k, o, b, confirm, "next", "/account/delete").Expect(t, http.StatusSeeOther, "/account/delete")
		b.Get("/account/delete").Expect(t, http.StatusOK)
		if last := o.asked[len(o.asked)-1]; last.Get("prompt") != "login" || last.Get("max_age") != "0" {
			t.Errorf("asked %v", last)
		}
		k.Exec(`UPDATE users SET password_hash = 'x'`)
		b.Post(confirm).Expect(t, http.StatusNotFound) // the password is asked for instead
	})
}

// TestAKeptFormSurvivesAnotherSite holds that whoever logs in again at another site is led to what waits for them.
func TestAKeptFormSurvivesAnotherSite(t *testing.T) {
	k, o := started(t)
	ada := linked(t, k, o)
	testkit.Idle(k)
	ada.Post(testkit.Private, "title", "Garden").Expect(t, http.StatusSeeOther, "/login")
	if ada.Get("/login").Says("is kept for an hour") { // where that feature is not taken out
		through(t, k, o, ada, "", "next", testkit.Private).Expect(t, http.StatusSeeOther, "/kept-form")
	}
}

func TestIdentitiesEndWithTheAccount(t *testing.T) {
	k, o := started(t)
	ada := linked(t, k, o)
	if p := ada.Post("/account/export"); p.Status != 200 || !strings.Contains(p.Body, "identities.json") {
		t.Errorf("the download: %d", p.Status)
	}
	ada.Post("/account/delete", "confirm", "1").Expect(t, http.StatusSeeOther)
	if k.Count(`SELECT count(*) FROM identities`) != 0 {
		t.Error("one is left")
	}
}

// TestWithoutProviders shows nothing where none is set up.
func TestWithoutProviders(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Get("/login").ExpectText(t, 200, "!/login/with")
	k.Browser().Get("/register").ExpectText(t, 200, "!/login/with")
	b := testkit.Verified(t, k, testkit.Ada)
	b.Get("/account/devices").ExpectText(t, 200, "!Other sites")
	b.Post("/login/with/test").Expect(t, http.StatusNotFound)
	b.Get("/login/with/github/callback?state=x").Expect(t, http.StatusNotFound)
}

// TestTwentyPressesLinkOnce presses the button that links twenty times at once.
func TestTwentyPressesLinkOnce(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		ada := testkit.Verified(t, k, testkit.Ada)
		through(t, k, o, ada, listPath+"/with/test")
		var all sync.WaitGroup
		for range 20 {
			same := ada.Copy()
			all.Go(func() {
				if p := same.Post(listPath + "/link"); p.Status >= 500 {
					t.Errorf("a press: %s", p)
				}
			})
		}
		all.Wait()
		if n, mails := k.Count(`SELECT count(*) FROM identities`), testkit.Subjects(k, testkit.Ada); n != 1 || strings.Count(strings.Join(mails, "|"), "Another site was linked") != 1 {
			t.Errorf("%d links, mails %q", n, mails)
		}
	})
}

// TestAProviderThatWasTakenOut of the settings opens nothing, is no way in, and can be unlinked.
func TestAProviderThatWasTakenOut(t *testing.T) {
	file := "DATABASE_URL=" + testkit.SQLite(t)
	k, o := started(t, file)
	ada := linked(t, k, o)
	k.Stop()
	k = testkit.Start(t, file)
	ada = ada.At(k)
	ada.Get(listPath).ExpectText(t, 200, o.URL, "!Link Example", "!Your last way in")
	ada.Get("/account/devices").ExpectText(t, 200, "Other sites", o.URL, "Your last way in") // the password
	id := k.Text(`SELECT id FROM identities`)
	ada.Get(listPath+"/unlink/"+id).ExpectText(t, 200, "Unlink "+o.URL)
	ada.Post(listPath+"/unlink/"+id).Expect(t, http.StatusSeeOther, listPath)
}
