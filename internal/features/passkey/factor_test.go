package passkey_test

import (
	"net/http"
	"testing"

	"example.com/latchkey/internal/testkit"
)

const setUp = "/account/security/second-factor"

// half logs in as Ada by the password, in a new browser.
func half(t *testing.T, k *testkit.Kit) *testkit.Browser {
	t.Helper()
	b := opened(k)
	b.Post("/login", "email", testkit.Ada, "password", testkit.Password).Expect(t, http.StatusSeeOther, testkit.SecondStep)
	return b
}

// second shows the device's passkey for the second step.
func (d *device) second(t *testing.T, k *testkit.Kit, b *testkit.Browser) testkit.Page {
	t.Helper()
	options := ask(b, k, testkit.SecondStep+"/passkey/options")
	return b.Post(testkit.SecondStep, "factor", "passkey", "credential", d.show(t, options))
}

// TestAPasskeyAfterThePassword holds that a passkey by itself is a way in and asks for nothing, is asked for after a password
// by whoever wants that, and logs in alone all the same.
func TestAPasskeyAfterThePassword(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		ada, d := ownerOf(t, k)
		k.Browser().Post("/login", "email", testkit.Ada, "password", testkit.Password).Expect(t, http.StatusSeeOther, "/account")
		ada.Get(setUp).ExpectText(t, http.StatusOK, "Ask for a passkey after my password")
		ada.Post(setUp+"/ask", "on", "1").Expect(t, http.StatusSeeOther, setUp)
		if got := k.Mail(testkit.Ada).Subject; got != "A second factor was added" {
			t.Errorf("the mail is %q", got)
		}
		b := half(t, k)
		b.Get(testkit.SecondStep).ExpectText(t, http.StatusOK, "Use a passkey")
		d.second(t, k, b).Expect(t, http.StatusSeeOther, "/account")
		b.Get("/account/activity").ExpectText(t, http.StatusOK, "With a password and a passkey")
		d.logIn(t, k, opened(k)).Expect(t, http.StatusSeeOther, "/account")

		ada.Post(setUp+"/ask").Expect(t, http.StatusSeeOther, setUp)
		k.Browser().Post("/login", "email", testkit.Ada, "password", testkit.Password).Expect(t, http.StatusSeeOther, "/account")
	})
}

// TestAPasskeyOfTheSecondStep tries what must not count there.
func TestAPasskeyOfTheSecondStep(t *testing.T) {
	k := testkit.Start(t)
	ada, d := ownerOf(t, k)
	ada.Post(setUp+"/ask", "on", "1").Expect(t, http.StatusSeeOther, setUp)
	ask(opened(k), k, testkit.SecondStep+"/passkey/options").Expect(t, http.StatusUnauthorized) // no first step was done

	other := newDevice(k)
	other.add(t, k, k.Browser().Register(testkit.Ben))
	b := half(t, k)
	if p := other.second(t, k, b); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("somebody else's: %s", p)
	}
	options := ask(b, k, testkit.SecondStep+"/passkey/options")
	answer := d.show(t, options)
	b.Post("/login/passkey", "credential", answer).Expect(t, http.StatusUnprocessableEntity) // a challenge for something else
	stolen := half(t, k)
	stolen.Post(testkit.SecondStep, "factor", "passkey", "credential", d.show(t, ask(b, k, testkit.SecondStep+"/passkey/options"))).
		Expect(t, http.StatusUnprocessableEntity) // the challenge of another browser
	b.Post(testkit.SecondStep, "factor", "passkey", "credential", answer).Expect(t, http.StatusSeeOther, "/account")
	last := half(t, k)
	last.Post(testkit.SecondStep, "factor", "passkey", "credential", answer).Expect(t, http.StatusUnprocessableEntity) // a second time
}

// TestAPasskeyIsEnoughWhereAFactorIsRequired holds that it opens the site, and is asked for after the password.
func TestAPasskeyIsEnoughWhereAFactorIsRequired(t *testing.T) {
	k := testkit.Start(t, "REQUIRE_FACTOR=all")
	d := newDevice(k)
	ada := testkit.Verified(t, k, testkit.Ada)
	ada.Get("/account").Expect(t, http.StatusSeeOther, setUp)
	d.add(t, k, ada)
	ada.Get("/account").Expect(t, http.StatusOK)
	d.second(t, k, half(t, k)).Expect(t, http.StatusSeeOther, "/account")
}
