package account_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

// TestAPhoneThatVerifiesLogsNobodyOut is the owner who reads mail on another browser than the one that registered: the page
// offers both ways, and a bare button ends nothing.
func TestAPhoneThatVerifiesLogsNobodyOut(t *testing.T) {
	for _, mode := range []string{"open", "verify"} {
		testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
			laptop, phone := k.Browser(), k.Browser()
			laptop.Post("/register", "email", ada, "password", testkit.Password)
			link := testkit.Link(k.Mail(ada))
			path, token, _ := strings.Cut(link, "?token=")
			both := func(p testkit.Page) bool {
				return p.Says("I registered: here is my password") && p.Says("I did not choose that password") && p.Says(ada)
			}
			if p := k.Browser().Post(path, "token", token); p.Status != http.StatusUnprocessableEntity || !both(p) || p.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("a bare button: %s", p)
			}
			if p := page(phone, link); p.Status != http.StatusOK || !both(p) {
				t.Fatalf("the page: %s", p)
			}
			if p := phone.Post(path); p.Status != http.StatusUnprocessableEntity || !both(p) {
				t.Errorf("a bare button after the page: %s", p)
			}
			if p := phone.Post(path, "password", wrong); p.Status != http.StatusUnprocessableEntity || !both(p) || !p.Says("This is not the password") {
				t.Errorf("a wrong password: %s", p)
			}
			if k.Count(`SELECT count(*) FROM users WHERE verified_at > 0`) != 0 {
				t.Error("verified before a choice")
			}
			if p := phone.Post(path, "password", testkit.Password); p.To != "/login" {
				t.Fatalf("the right password: %s", p)
			}
			if testkit.LoggedIn(phone) || k.Count(`SELECT count(*) FROM users WHERE verified_at > 0`) != 1 || !testkit.Opens(k, ada, testkit.Password) {
				t.Error("it does more than verify, or less")
			}
			if in := testkit.LoggedIn(laptop); in != (mode == "open") {
				t.Errorf("the laptop is logged in: %v", in)
			}
			if p := phone.Get("/login"); !strings.Contains(p.Body, `value="`+ada+`"`) {
				t.Error("the address is not filled in at log in")
			}
		}, "REGISTRATION="+mode)
	}
}

// TestAnotherBrowserOfTheAccountVerifiesWithAButton is a phone where the account is logged in, by its password.
func TestAnotherBrowserOfTheAccountVerifiesWithAButton(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		laptop := k.Browser().Register(ada)
		verification := k.Mail(ada)
		phone := k.Browser().LogIn(ada)
		if p := page(phone, testkit.Link(verification)); p.Says("I did not choose that password") || !p.Says("Verify the address") {
			t.Errorf("the page: %s", p)
		}
		if p := phone.Post("/verify-email"); p.To != "/account" || !testkit.LoggedIn(phone) || !testkit.LoggedIn(laptop) || !testkit.Opens(k, ada, testkit.Password) {
			t.Errorf("it changes more than the address: %s", p)
		}
		if k.Count(`SELECT count(*) FROM users WHERE verified_at > 0`) != 1 {
			t.Error("not verified")
		}
	})
}

// TestSomebodyElsesLoginIsNoProof: whoever is logged in to another account is asked like everybody.
func TestSomebodyElsesLoginIsNoProof(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Register(ada)
	verification := k.Mail(ada)
	other := k.Browser().Register(ben)
	if p := page(other, testkit.Link(verification)); !p.Says("I did not choose that password") {
		t.Errorf("%s", p)
	}
	if p := other.Post("/verify-email", "choose", "1"); p.To != "/password/reset" || !other.Get(p.To).Says("Choose a new password") {
		t.Errorf("%s", p)
	}
	if !testkit.LoggedIn(other) || testkit.Opens(k, ada, testkit.Password) {
		t.Error("the wrong one ended")
	}
}

func TestThePasswordOfALinksPageIsLimited(t *testing.T) {
	for _, mode := range []string{"open", "verify"} {
		k := testkit.Start(t, "LIMIT_LINK_PASSWORD=3", "REGISTRATION="+mode)
		k.Browser().Post("/register", "email", ada, "password", testkit.Password)
		path, token, _ := strings.Cut(testkit.Link(k.Mail(ada)), "?token=")
		for i := range 5 {
			p := k.Browser().Post(path, "token", token, "password", fmt.Sprint(wrong, i))
			if testkit.Limited(p) != (i >= 3) {
				t.Errorf("%s, guess %d: %s", mode, i+1, p)
			}
		}
		if p := k.Browser().Post(path, "token", token, "password", testkit.Password); !testkit.Limited(p) {
			t.Errorf("%s: the right one after too many: %s", mode, p)
		}
		if p := k.Browser().Post(path, "token", token, "choose", "1"); p.To != "/password/reset" {
			t.Errorf("%s: the other way is closed: %s", mode, p)
		}
	}
}

func TestAPasswordlessAccountIsVerifiedByChoosingOne(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Register(ada)
	verification := k.Mail(ada)
	k.Exec(`UPDATE users SET password_hash = ''`)
	b := k.Browser()
	page(b, testkit.Link(verification))
	for _, typed := range []string{testkit.Password, ""} {
		if p := b.Post("/verify-email", "password", typed); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %s", typed, p)
		}
	}
	if p := b.Post("/verify-email", "choose", "1"); p.To != "/password/reset" {
		t.Error(p)
	}
}

// TestThePasswordThatVerifiesIsTodays changes it between the check and the act: whoever gave the old one is asked again, and
// nothing is verified.
func TestThePasswordThatVerifiesIsTodays(t *testing.T) {
	k := testkit.Start(t, "DATABASE_URL="+pgtest.URL(t))
	k.Browser().Register(ada)
	phone := k.Browser()
	page(phone, testkit.Link(k.Mail(ada)))
	answer := make(chan testkit.Page, 1)
	err := k.App.DB.InTx(t.Context(), func(ctx context.Context) error {
		_, err := k.App.DB.ExecContext(ctx, `SELECT id FROM users FOR UPDATE`)
		go func() { answer <- phone.Post("/verify-email", "password", testkit.Password) }()
		testkit.Await(t, k.App.DB, 1)
		if err == nil {
			_, err = k.App.DB.ExecContext(ctx, `UPDATE users SET password_hash = 'another'`)
		}
		return err
	})
	if p := <-answer; err != nil || p.Status != http.StatusUnprocessableEntity || k.Count(`SELECT count(*) FROM users WHERE verified_at > 0`) != 0 || k.Text(`SELECT password_hash FROM users`) != "another" {
		t.Errorf("%s %v", p, err)
	}
}
