package passkey_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// twenty posts the same form from the same browser twenty times at once, and returns how many were taken: led to the page
// that was asked for, and not to log in or, as one who has just logged in elsewhere, home.
func twenty(b *testkit.Browser, path string, fields ...string) int {
	var taken atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		same := b.Copy()
		all.Go(func() {
			if p := same.Post(path, fields...); p.Status == http.StatusSeeOther && p.To == "/account" {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	return int(taken.Load())
}

// TestLoginAndSecurityRecommendsAPasskey holds what the account says of passkeys: the next step, and when one was used.
func TestLoginAndSecurityRecommendsAPasskey(t *testing.T) {
	k := testkit.Start(t)
	k.URL = byName(k)
	b := testkit.Verified(t, k, testkit.Ben)
	b.Get("/account/devices").ExpectText(t, http.StatusOK, "Next step:", "Add a passkey", "Your last way in")
	ada, d := ownerOf(t, k)
	k.Exec(`UPDATE users SET verified_at = created_at, password_hash = '' WHERE email = $1`, testkit.Ada)
	ada.Get("/account/devices").ExpectText(t, http.StatusOK, "Add another passkey", "!last used")
	d.logIn(t, k, opened(k))
	ada.Get("/account/devices").ExpectText(t, http.StatusOK, "last used")
	k.Exec(`UPDATE users SET password_hash = 'x'`)
	ada.Get("/account/devices").ExpectText(t, http.StatusOK, "!Next step", "!Your last way in")
}

func TestTwentyUsesOfOneChallenge(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		_, d := ownerOf(t, k)
		d.Counter = 0
		k.Exec(`UPDATE passkeys SET sign_count = 0`) // nothing but the challenge tells the twenty apart
		before := k.Count(`SELECT count(*) FROM logins`)
		guest := opened(k)
		n := twenty(guest, "/login/passkey", "credential", d.show(t, ask(guest, k, "/login/passkey/options")))
		if n != 1 || k.Count(`SELECT count(*) FROM logins`) != before+1 {
			t.Errorf("%d of twenty logged in, %d logins more", n, k.Count(`SELECT count(*) FROM logins`)-before)
		}

		ben := newDevice(k)
		guest = k.Browser()
		guest.Get("/register")
		n = twenty(guest, "/register/passkey", "credential", ben.create(t, ask(guest, k, "/register/passkey/options", "email", testkit.Ben)))
		if n != 1 || k.Count(`SELECT count(*) FROM users`) != 2 || k.Count(`SELECT count(*) FROM passkeys`) != 2 {
			t.Errorf("%d of twenty registered", n)
		}

		in := opened(k).LogIn(testkit.Ada)
		k.Clock.Advance(16 * time.Minute)
		n = twenty(in, "/confirm/passkey", "credential", d.show(t, ask(in, k, "/confirm/passkey/options")))
		if events := k.Count(`SELECT count(*) FROM events WHERE name = 'login.confirmed'`); n != 1 || events != 1 {
			t.Errorf("%d of twenty confirmed, %d events", n, events)
		}
	})
}

// TestTwentyUsesOfOneCount shows the same count twenty times at once, each for a challenge of its own, as copies would.
func TestTwentyUsesOfOneCount(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		_, d := ownerOf(t, k)
		var taken atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			b, same := opened(k), *d
			answer := same.show(t, ask(b, k, "/login/passkey/options"))
			all.Go(func() {
				if b.Post("/login/passkey", "credential", answer).Status == http.StatusSeeOther {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if n := taken.Load(); n != 1 {
			t.Errorf("%d of twenty logged in", n)
		}
	})
}

func TestLogInWithAPasskeyIsALogInLikeAnyOther(t *testing.T) {
	k := testkit.Start(t, "LIMIT_PASSKEY_USE=3")
	ada, d := ownerOf(t, k)
	b := opened(k)
	p := b.Post("/login/passkey", "next", testkit.Private, "remember", "1", "credential", d.show(t, ask(b, k, "/login/passkey/options")))
	p.Expect(t, http.StatusSeeOther, testkit.Private)
	if p.SetCookie("latchkey") == nil || p.SetCookie("latchkey").MaxAge == 0 || p.SetCookie("latchkey_known") == nil {
		t.Errorf("cookies: %v", p.Header["Set-Cookie"])
	}
	if got := k.Mail(testkit.Ada).Subject; got != "New login to your account" {
		t.Errorf("a new browser is mailed by %q", got)
	}
	mails := len(k.Mails())
	b.Post("/logout")
	b.Get("/login")
	d.logIn(t, k, b).Expect(t, http.StatusSeeOther, "/account")
	for _, last := range []string{"a passkey", "the password"} { // the log-in page remembers which way this browser took
		b.Post("/logout")
		if p := b.Get("/login"); strings.Contains(p.Body, `<details class="flow" open>`) != (last == "a passkey") {
			t.Errorf("after log in with %s: %s", last, p.Body)
		}
		b.LogIn(testkit.Ada)
	}
	if len(k.Mails()) != mails {
		t.Error("a known browser is mailed")
	}
	ada.Get("/account/activity").ExpectText(t, http.StatusOK, "Logged in", "With a passkey")
	ada.Get("/account/devices").ExpectText(t, http.StatusOK, "Log out the other device")
	bad := opened(k)
	bad.Post("/login/passkey", "credential", "{}").Expect(t, http.StatusUnprocessableEntity)
	if p := bad.Post("/login/passkey", "credential", "{}"); !testkit.Limited(p) {
		t.Errorf("the fourth try: %s", p)
	}
	if k.Count(`SELECT count(*) FROM events WHERE name = 'login.failed' AND user_id IS NULL`) != 1 {
		t.Error("a try that failed is not in the history")
	}
}

// TestNobodyLosesTheLastWayIn removes passkeys of an account without a password, also two at once.
func TestNobodyLosesTheLastWayIn(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		ada, d := ownerOf(t, k)
		real := k.Text(`SELECT id FROM passkeys`)
		ids := strings.Fields("aa bb cc dd ee ff gg hh ii jj kk ll")
		for _, id := range ids {
			k.Exec(`
				INSERT INTO passkeys (id, user_id, credential_id, public_key, name, aaguid, transports, sign_count, backup_eligible, backed_up, created_at, used_at)
				SELECT CAST($1 AS TEXT), user_id, CAST($1 AS TEXT), public_key, name, aaguid, transports, 0, 0, 0, created_at, 0 FROM passkeys WHERE id = $2`, id, real)
		}
		k.Exec(`UPDATE users SET password_hash = ''`)
		var all sync.WaitGroup
		for _, id := range append(ids, real) {
			same := ada.Copy()
			all.Go(func() { same.Post(listPath + "/" + id + "/remove") })
		}
		all.Wait()
		if n := k.Count(`SELECT count(*) FROM passkeys`); n != 1 {
			t.Fatalf("%d passkeys are left", n)
		}
		left := k.Text(`SELECT id FROM passkeys`)
		ada.Get(listPath).ExpectText(t, http.StatusOK, "Your last way in", "!/remove")
		ada.Get(listPath+"/"+left+"/remove").ExpectText(t, http.StatusOK, "This is your last way in")
		ada.Post(listPath+"/"+left+"/remove").ExpectText(t, http.StatusUnprocessableEntity, "This is your last way in")
		k.Exec(`UPDATE users SET password_hash = 'x'`)
		ada.Post(listPath+"/"+left+"/remove").Expect(t, http.StatusSeeOther, listPath)
		if got := k.Mail(testkit.Ada).Subject; got != "A passkey was removed" {
			t.Errorf("the mail is %q", got)
		}
		d.logIn(t, k, opened(k)).Expect(t, http.StatusUnprocessableEntity)
	})
}

func TestOnlyTheOwnerReachesAPasskey(t *testing.T) {
	k := testkit.Start(t)
	ada, _ := ownerOf(t, k)
	id := k.Text(`SELECT id FROM passkeys`)
	ben := k.Browser().Register(testkit.Ben)
	for _, path := range []string{listPath + "/" + id, listPath + "/" + id + "/remove"} {
		ben.Get(path).Expect(t, http.StatusNotFound)
		ben.Post(path, "name", "mine").Expect(t, http.StatusNotFound)
	}
	for name, status := range map[string]int{"  ": 422, strings.Repeat("x", 61): 422, " Desk \n at home ": 303} {
		ada.Post(listPath+"/"+id, "name", name).Expect(t, status)
	}
	if got := k.Text(`SELECT name FROM passkeys`); got != "Desk at home" {
		t.Errorf("it is called %q", got)
	}
	ada.Get("/account/activity").ExpectText(t, http.StatusOK, "Passkey renamed", "to Desk at home")

	for range 2 { // the button was pressed twice
		ada.Post(listPath+"/"+id+"/remove").Expect(t, http.StatusSeeOther, listPath)
	}
	ada.Post(listPath+"/junk/remove").Expect(t, http.StatusNotFound)
}

// TestPasskeysEndWithWhatTheyAreWorth holds that a passkey of whoever had an account in wrong hands, or registered with
// somebody else's address, ends when the owner takes over, and stays otherwise.
func TestPasskeysEndWithWhatTheyAreWorth(t *testing.T) {
	passkeys := func(k *testkit.Kit) int { return k.Count(`SELECT count(*) FROM passkeys`) }
	register := func(t *testing.T, k *testkit.Kit) {
		d, thief := newDevice(k), k.Browser()
		thief.Get("/register")
		thief.Post("/register/passkey", "next", testkit.Private, "credential", d.create(t, ask(thief, k, "/register/passkey/options", "email", testkit.Ada))).
			Expect(t, http.StatusSeeOther, testkit.Private)
		if passkeys(k) != 1 {
			t.Fatal("no passkey")
		}
	}
	for name, c := range map[string]struct {
		left int
		do   func(t *testing.T, k *testkit.Kit)
	}{
		"this wasn't me": {0, func(t *testing.T, k *testkit.Kit) {
			ownerOf(t, k)
			testkit.Press(t, k.Browser(), k.Mail(testkit.Ada))
		}},
		"verified in another browser": {0, func(t *testing.T, k *testkit.Kit) {
			register(t, k)
			testkit.Press(t, k.Browser(), k.Mail(testkit.Ada), "choose", "1")
		}},
		"the first password by mail": {0, func(t *testing.T, k *testkit.Kit) {
			register(t, k)
			b := k.Browser()
			b.Post("/password/forgot", "email", testkit.Ada)
			testkit.Press(t, b, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		}},
		"a forgotten password": {1, func(t *testing.T, k *testkit.Kit) {
			ownerOf(t, k)
			b := k.Browser()
			b.Post("/password/forgot", "email", testkit.Ada)
			testkit.Press(t, b, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		}},
		"the account is deleted": {0, func(t *testing.T, k *testkit.Kit) {
			ada, _ := ownerOf(t, k)
			if p := ada.Post("/account/export"); p.Status != http.StatusOK || !strings.Contains(p.Body, "passkeys.json") {
				t.Errorf("the download: %d", p.Status)
			}
			ada.Post("/account/delete", "confirm", "1").Expect(t, http.StatusSeeOther)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			k := testkit.Start(t)
			c.do(t, k)
			if n := passkeys(k); n != c.left {
				t.Errorf("%d passkeys are left, want %d", n, c.left)
			}
		})
	}
}

// TestWhereOneCanRegisterWithAPasskey holds that it is where nothing comes before.
func TestWhereOneCanRegisterWithAPasskey(t *testing.T) {
	for registration, status := range map[string]int{"open": 200, "verify": 404, "invite": 404, "closed": 404} {
		k := testkit.Start(t, "REGISTRATION="+registration)
		newDevice(k)
		b := opened(k)
		ask(b, k, "/register/passkey/options", "email", testkit.Ada).Expect(t, status)
		if p := b.Get("/register"); strings.Contains(p.Body, "/register/passkey") != (status == 200) {
			t.Errorf("%s: the page has the button %v", registration, status != 200)
		}
	}
}

func TestWhereThePagesAre(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Get("/.well-known/passkey-endpoints").
		ExpectText(t, http.StatusOK, `"enroll":"`+k.URL+addPath+`"`, `"manage":"`+k.URL+listPath+`"`)
	ada := k.Browser().Register(testkit.Ada)
	ada.Get(listPath).ExpectText(t, http.StatusOK, "opened by its IP address", "http://localhost:", "!Add a passkey")
	k.Browser().Get("/login").ExpectText(t, http.StatusOK, "!passkey")
	ask(ada, k, addPath+"/options").Expect(t, http.StatusNotFound)
	k.Clock.Advance(16 * time.Minute)
	ask(ada, k, addPath+"/options").Expect(t, http.StatusUnauthorized)
}

// TestAKeptFormSurvivesAPasskey holds that whoever logs in again by a passkey is led to what waits for them.
func TestAKeptFormSurvivesAPasskey(t *testing.T) {
	k := testkit.Start(t)
	ada, d := ownerOf(t, k)
	testkit.Idle(k)
	ada.Post(testkit.Private, "title", "Garden").Expect(t, http.StatusSeeOther, "/login")
	if ada.Get("/login").Says("is kept for an hour") { // where that feature is not taken out
		answer := d.show(t, ask(ada, k, "/login/passkey/options"))
		ada.Post("/login/passkey", "credential", answer, "next", testkit.Private).Expect(t, http.StatusSeeOther, "/kept-form")
	}
}
