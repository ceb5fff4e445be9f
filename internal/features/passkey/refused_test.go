package passkey_test

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"example.com/latchkey/internal/testkit"
)

// TestAnswersThatAreRefused tries to log in with answers of which one thing is wrong. The right one is tried first and last.
func TestAnswersThatAreRefused(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		_, d := ownerOf(t, k)
		ben := k.Browser().Register(testkit.Ben)
		benID := k.Text(`SELECT id FROM users WHERE email = $1`, testkit.Ben)
		adaID := string(d.Options.UserHandle)
		d.logIn(t, k, opened(k)).Expect(t, http.StatusSeeOther, "/account")
		other := newDevice(k)
		for name, wrong := range map[string]func(d *device){
			"wrong origin":          func(d *device) { d.rp.Origin = "https://evil.example" },
			"wrong scheme":          func(d *device) { d.rp.Origin = strings.Replace(d.rp.Origin, "http", "https", 1) },
			"wrong port":            func(d *device) { d.rp.Origin = "http://localhost:1" },
			"wrong relying party":   func(d *device) { d.rp.ID = "evil.example" },
			"user not verified":     func(d *device) { d.Options.UserNotVerified = true },
			"user not present":      func(d *device) { d.Options.UserNotPresent = true },
			"another user's handle": func(d *device) { d.Options.UserHandle = []byte(benID) },
			"nobody's handle":       func(d *device) { d.Options.UserHandle = []byte("nobody") },
			"no handle":             func(d *device) { d.Options.UserHandle = nil },
			"another key":           func(d *device) { d.Key = other.Key },
			"unknown credential":    func(d *device) { d.ID = make([]byte, 32); rand.Read(d.ID) },
			"backed up, and not eligible for it": func(d *device) {
				d.Options.BackupState = true
			},
		} {
			bad := *d
			wrong(&bad)
			b := opened(k)
			p := bad.logIn(t, k, b).ExpectText(t, http.StatusUnprocessableEntity, "This passkey did not work")
			if testkit.LoggedIn(b) {
				t.Errorf("%s: logged in", name)
			}
			if p.Says("signalUnknownCredential") != (name == "unknown credential") {
				t.Errorf("%s: tells the password manager %s", name, p)
			}
			d.Counter = bad.Counter
		}
		for _, garbage := range []string{"", "{}", "null", "[1]", `{"id":"AA"}`, strings.Repeat("[", 20000)} {
			opened(k).Post("/login/passkey", "credential", garbage).Expect(t, http.StatusUnprocessableEntity)
		}
		d.logIn(t, k, opened(k)).Expect(t, http.StatusSeeOther, "/account")

		k.Exec(`UPDATE users SET disabled_at = 1 WHERE id = $1`, adaID)
		d.logIn(t, k, opened(k)).Expect(t, http.StatusUnprocessableEntity)
		k.Exec(`UPDATE users SET disabled_at = 0 WHERE id = $1`, adaID)

		// Somebody else's passkey makes no login fresh.
		other.add(t, k, ben)
		k.Clock.Advance(16 * time.Minute)
		options := ask(ben, k, "/confirm/passkey/options")
		if o := said(t, options); len(o.PublicKey.AllowCredentials) != 1 || o.PublicKey.UserVerification != "required" {
			t.Errorf("asked is %s", options.Body)
		}
		ben.Post("/confirm/passkey", "credential", d.show(t, options)).Expect(t, http.StatusUnprocessableEntity)
		ben.Get("/account/delete").Expect(t, http.StatusSeeOther, "/confirm?next=%2Faccount%2Fdelete")
		answer := other.show(t, ask(ben, k, "/confirm/passkey/options"))
		ben.Post("/confirm/passkey", "credential", answer, "next", "https://evil.example/").Expect(t, http.StatusSeeOther, "/account")
		ben.Get("/account/delete").Expect(t, http.StatusOK)
		ben.Post("/confirm/passkey", "credential", answer).ExpectText(t, http.StatusUnprocessableEntity, "sent twice")
	})
}

// TestNewPasskeysThatAreRefused tries to add a passkey by answers of which one thing is wrong.
func TestNewPasskeysThatAreRefused(t *testing.T) {
	k := testkit.Start(t)
	newDevice(k)
	b := k.Browser().Register(testkit.Ada)
	for name, wrong := range map[string]func(d *device){
		"wrong origin":        func(d *device) { d.rp.Origin = "https://evil.example" },
		"wrong relying party": func(d *device) { d.rp.ID = "evil.example" },
		"user not verified":   func(d *device) { d.Options.UserNotVerified = true },
		"backed up, and not eligible for it": func(d *device) {
			d.Options.BackupState = true
		},
	} {
		d := newDevice(k)
		wrong(d)
		b.Post(listPath, "credential", d.create(t, ask(b, k, addPath+"/options"))).ExpectText(t, http.StatusUnprocessableEntity, "could not be verified")
		if k.Count(`SELECT count(*) FROM passkeys`) != 0 {
			t.Errorf("%s: added", name)
		}
	}
	d := newDevice(k).add(t, k, b)
	ben := k.Browser().Register(testkit.Ben)
	p := ben.Post(listPath, "credential", d.create(t, ask(ben, k, addPath+"/options")))
	p.ExpectText(t, http.StatusUnprocessableEntity, "there already")
	if o := said(t, ask(b, k, addPath+"/options")).PublicKey; len(o.ExcludeCredentials) != 1 || o.RP.ID != "localhost" || o.Timeout != 300_000 ||
		o.AuthenticatorSelection.ResidentKey != "required" || o.AuthenticatorSelection.UserVerification != "required" {
		t.Errorf("asked is %+v", o)
	}
}

// TestAChallengeIsForOneBrowserOnceAndForFiveMinutes answers challenges rightly, and too late, twice, elsewhere or for
// something else.
func TestAChallengeIsForOneBrowserOnceAndForFiveMinutes(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		_, d := ownerOf(t, k)
		const says = "longer than five minutes, or was sent twice"
		refused := func(b *testkit.Browser, answer string) {
			t.Helper()
			b.Post("/login/passkey", "credential", answer).ExpectText(t, http.StatusUnprocessableEntity, says)
		}

		one, two := opened(k), opened(k)
		answer := d.show(t, ask(one, k, "/login/passkey/options"))
		refused(two, answer) // another session's
		one.Post("/login/passkey", "credential", answer).Expect(t, http.StatusSeeOther, "/account")
		one.Post("/logout")
		refused(one, answer) // the browser has another session by now

		options := ask(two, k, "/login/passkey/options")
		bad := *d
		bad.Options.UserNotVerified = true
		two.Post("/login/passkey", "credential", bad.show(t, options)).Expect(t, http.StatusUnprocessableEntity)
		d.Counter = bad.Counter
		refused(two, d.show(t, options)) // used up by a try that failed

		late := d.show(t, ask(two, k, "/login/passkey/options"))
		k.Clock.Advance(5 * time.Minute)
		refused(two, late)
		soon := d.show(t, ask(two, k, "/login/passkey/options"))
		k.Clock.Advance(5*time.Minute - time.Second)
		two.Post("/login/passkey", "credential", soon).Expect(t, http.StatusSeeOther, "/account")

		three := opened(k)
		forLogIn := d.show(t, ask(three, k, "/login/passkey/options"))
		three.LogIn(testkit.Ada)
		three.Post("/confirm/passkey", "credential", forLogIn).ExpectText(t, http.StatusUnprocessableEntity, says)

		opened(k).Post("/login/passkey", "credential", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`).Expect(t, http.StatusUnprocessableEntity)
		ask(k.Browser(), k, "/login/passkey/options").Expect(t, http.StatusConflict) // keeps no cookies

		testkit.Sweep(t, k)
		k.Clock.Advance(6 * time.Minute)
		testkit.Sweep(t, k)
		if n := k.Count(`SELECT count(*) FROM passkey_challenges`); n != 0 {
			t.Errorf("%d challenges are left", n)
		}
	})
}

// TestACounterThatGoesBack is what a copy of a security key looks like: the use is refused, noted and mailed. An
// authenticator that does not count shows 0 each time.
func TestACounterThatGoesBack(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		ada, d := ownerOf(t, k)
		for range 3 {
			d.logIn(t, k, opened(k)).Expect(t, http.StatusSeeOther)
		}
		for _, counter := range []uint32{2, d.Counter - 1} { // less, and the same: show counts one up
			copied := *d
			copied.Counter = counter
			copied.logIn(t, k, opened(k)).ExpectText(t, http.StatusUnprocessableEntity, "counter went back")
		}
		copied := *d
		copied.Counter = 0
		copied.logIn(t, k, opened(k)).ExpectText(t, http.StatusUnprocessableEntity, "counter went back")
		ada.Get("/account/activity").ExpectText(t, http.StatusOK, "there may be a copy of it")
		if got := k.Mail(testkit.Ada).Subject; got != "A passkey was refused" || k.Count(`SELECT count(*) FROM events WHERE name = 'passkey.copied'`) != 3 {
			t.Errorf("the mail is %q", got)
		}
		d.logIn(t, k, opened(k)).Expect(t, http.StatusSeeOther) // the owner's own goes on

		silent := newDevice(k)
		silent.Counter = 0
		silent.add(t, k, ada)
		for range 2 {
			silent.logIn(t, k, opened(k)).Expect(t, http.StatusSeeOther)
		}
	})
}

// TestAPasskeyMayBeginToSync lets Backup Eligible turn from false to true, with an event, and never back. Backup State
// comes and goes.
func TestAPasskeyMayBeginToSync(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		ada, d := ownerOf(t, k)
		events := func() int { return k.Count(`SELECT count(*) FROM events WHERE name = 'passkey.syncs'`) }
		flags := func() int { return k.Count(`SELECT 2 * backup_eligible + backed_up FROM passkeys`) }
		if flags() != 0 {
			t.Fatal(flags())
		}
		d.Options.BackupEligible = true
		d.logIn(t, k, opened(k)).Expect(t, http.StatusSeeOther)
		if flags() != 2 || events() != 1 {
			t.Errorf("eligible: flags %d, events %d", flags(), events())
		}
		d.Options.BackupState = true
		d.logIn(t, k, opened(k)).Expect(t, http.StatusSeeOther)
		if flags() != 3 || events() != 1 {
			t.Errorf("backed up: flags %d, events %d", flags(), events())
		}
		ada.Get(listPath).ExpectText(t, http.StatusOK, "On several devices")
		d.Options = virtualwebauthn.AuthenticatorOptions{UserHandle: d.Options.UserHandle}
		d.logIn(t, k, opened(k)).Expect(t, http.StatusUnprocessableEntity)
		if flags() != 3 {
			t.Errorf("refused, and stored: %d", flags())
		}
		d.Options.BackupEligible = true
		d.logIn(t, k, opened(k)).Expect(t, http.StatusSeeOther)
		if flags() != 2 || events() != 1 {
			t.Errorf("not backed up any more: flags %d, events %d", flags(), events())
		}
	})
}
