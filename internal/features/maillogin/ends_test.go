package maillogin_test

import (
	"net/http"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

func TestACodeWorksForTenMinutes(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		for _, after := range []time.Duration{10*time.Minute - time.Second, 10 * time.Minute} {
			b := asks(t, k.Browser(), testkit.Ada)
			m := k.Mail(testkit.Ada)
			b.Get(testkit.Link(m))
			k.Clock.Advance(after)
			works := after < 10*time.Minute
			if p := b.Get(linkPath); (p.Status == http.StatusOK) != works {
				t.Errorf("the link after %v: %s", after, p)
			}
			if p := b.Post(codePath, "code", codeIn(t, m)); (p.To == "/account") != works {
				t.Errorf("the code after %v: %s", after, p)
			}
		}
		testkit.Sweep(t, k)
		if n := k.Count(`SELECT count(*) FROM mail_logins`); n != 0 {
			t.Errorf("%d codes are left", n)
		}
	})
}

// TestACodeEndsWithWhatEndsLogins holds that a code that was sent before does not open what its owner has closed.
func TestACodeEndsWithWhatEndsLogins(t *testing.T) {
	acts := map[string]func(t *testing.T, k *testkit.Kit, in *testkit.Browser){
		"new password": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			in.Post("/account/password", "current", testkit.Password, "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		},
		"others ended": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			in.Post("/account/devices/end-others").Expect(t, http.StatusSeeOther)
		},
		"password by mail": func(t *testing.T, k *testkit.Kit, _ *testkit.Browser) {
			b := k.Browser()
			b.Post("/password/forgot", "email", testkit.Ada)
			testkit.Press(t, b, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		},
		"not me": func(t *testing.T, k *testkit.Kit, _ *testkit.Browser) {
			k.Browser().LogIn(testkit.Ada)
			testkit.Press(t, k.Browser(), k.Mail(testkit.Ada)).Expect(t, http.StatusSeeOther)
		},
		"address taken back": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			in.Post("/account/email", "email", "new@example.org").Expect(t, http.StatusSeeOther)
			testkit.Press(t, in, k.Mail("new@example.org")).Expect(t, http.StatusSeeOther)
			m := k.Mail(testkit.Ada)
			latest := asks(t, k.Browser(), "new@example.org")
			testkit.Press(t, k.Browser(), m).Expect(t, http.StatusSeeOther)
			if p := latest.Post(codePath, "code", codeIn(t, k.Mail("new@example.org"))); p.Status == http.StatusSeeOther {
				t.Errorf("a code to the address that was put in place: %s", p)
			}
		},
		"another address": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			in.Post("/account/email", "email", "new@example.org").Expect(t, http.StatusSeeOther)
			testkit.Press(t, in, k.Mail("new@example.org")).Expect(t, http.StatusSeeOther)
		},
		"ended by an operator": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			if err := k.App.Operator.EndLogins(t.Context(), k.Text(`SELECT id FROM users`)); err != nil {
				t.Fatal(err)
			}
		},
		"disabled for a while": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			if err := k.App.Operator.Disable(t.Context(), k.Text(`SELECT id FROM users`)); err != nil {
				t.Fatal(err)
			}
			if err := k.App.Operator.Enable(t.Context(), k.Text(`SELECT id FROM users`)); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			k := testkit.Start(t)
			in := testkit.Verified(t, k, testkit.Ada)
			b := asks(t, k.Browser(), testkit.Ada)
			code := codeIn(t, k.Mail(testkit.Ada))
			act(t, k, in)
			if p := b.Post(codePath, "code", code); p.Status == http.StatusSeeOther || testkit.LoggedIn(b) {
				t.Errorf("it still works: %s", p)
			}
		})
	}
}

// TestOnlyAVerifiedAddressLogsIn is pre-hijacking: somebody registers with Ada's address, and waits until she logs in.
func TestOnlyAVerifiedAddressLogsIn(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		thief := k.Browser().Register(testkit.Ada)
		ada := asks(t, k.Browser(), testkit.Ada)
		for _, s := range testkit.Subjects(k, testkit.Ada) {
			if s == subject {
				t.Error("an address that was not verified has got a code")
			}
		}
		testkit.Press(t, ada, k.Mail(testkit.Ada), "choose", "1") // as its first mail offers
		ada.Post("/password/reset", "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		asks(t, ada, testkit.Ada)
		ada.Post(codePath, "code", codeIn(t, k.Mail(testkit.Ada))).Expect(t, http.StatusSeeOther, "/account")
		if testkit.LoggedIn(thief) || testkit.Opens(k, testkit.Ada, testkit.Password) {
			t.Error("what the thief had opens the account")
		}
	})
}

func TestThreeCodesWorkAndOneUseEndsAll(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	b := k.Browser()
	var sent []string
	for range 4 {
		asks(t, b, testkit.Ada)
		sent = append(sent, codeIn(t, k.Mail(testkit.Ada)))
		k.Clock.Advance(time.Second)
	}
	b.Post(codePath, "code", sent[0]).ExpectText(t, http.StatusUnprocessableEntity, "This code does not work")
	b.Post(codePath, "code", sent[1]).Expect(t, http.StatusSeeOther, "/account")
	if n := k.Count(`SELECT count(*) FROM mail_logins`); n != 0 {
		t.Errorf("%d codes are left", n)
	}
}
