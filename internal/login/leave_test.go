package login_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/user"
)

// TestADisabledAccountEndsOnSight disables an account behind the program's back, as another program would.
func TestADisabledAccountEndsOnSight(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		seen, unseen := k.Browser().Register(ada), k.Browser().LogIn(ada, "remember", "1")
		old := seen.Copy()
		k.Exec(`UPDATE users SET disabled_at = 1`)
		if p := seen.Get("/account"); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.To, "/login") || strings.Contains(p.Body, ada) {
			t.Errorf("disabled: %s", p)
		}
		if got := k.Count(`SELECT count(*) FROM logins`); got != 1 { // of the one who was not seen
			t.Errorf("%d logins", got)
		}
		k.Exec(`UPDATE users SET disabled_at = 0`)
		for name, b := range map[string]*testkit.Browser{"the browser": seen, "its old token": old} {
			if testkit.LoggedIn(b) {
				t.Errorf("enabling the account brings the login of %s back", name)
			}
		}
		if !testkit.LoggedIn(unseen) {
			t.Error("a login that nobody used meanwhile ended")
		}
		seen.LogIn(ada).Get("/account").Expect(t, http.StatusOK)

		u := k.Text(`SELECT id FROM users`) // an operator's way ends all of them at once
		if err := k.App.Operator.Disable(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		if err := k.App.Operator.Enable(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		if testkit.LoggedIn(seen) || testkit.LoggedIn(unseen) {
			t.Error("disabled and enabled: still in")
		}
	})
}

// TestEraseLogsOut holds that to be forgotten is a log out like any other.
func TestEraseLogsOut(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		var out []string
		k.App.Login.AfterLogOut(func(_ context.Context, u user.User) { out = append(out, u.Email) })
		b := k.Browser().Register(ada)
		id := k.Text(`SELECT id FROM logins`)
		old := b.Copy()
		p := b.Post("/privacy/erase")
		if p.Status != http.StatusSeeOther || p.To != "/privacy" {
			t.Errorf("%s %v", p, p.Header)
		}
		for _, name := range []string{strings.TrimSuffix(knownCookie, "_known"), knownCookie} {
			if c := p.SetCookie(name); c == nil || c.MaxAge != -1 {
				t.Errorf("the cookie %s: %v", name, c)
			}
		}
		if n := k.Count(`SELECT count(*) FROM events WHERE name = $1`, audit.LoggedOut); n != 1 || !strings.Contains(k.Log.String(), "event="+audit.LoggedOut) || !strings.Contains(k.Log.String(), "login="+id) {
			t.Errorf("the history has %d log outs", n)
		}
		if len(out) != 1 || out[0] != ada {
			t.Errorf("the hooks ran for %v", out)
		}
		if testkit.LoggedIn(b) || testkit.LoggedIn(old) {
			t.Error("still in")
		}

		k.Browser().Post("/privacy/erase") // nobody who is logged in: nothing to log out from
		visitor := k.Browser()
		visitor.Get("/")
		if p := visitor.Post("/privacy/erase"); p.Status != http.StatusSeeOther || len(out) != 1 || k.Count(`SELECT count(*) FROM events WHERE name = $1`, audit.LoggedOut) != 1 {
			t.Errorf("a visitor: %s, %v", p, out)
		}
	})
}

func TestEndingThisLoginFromTheListIsALogOut(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		own := k.Text(`SELECT id FROM logins`)
		other := k.Browser().LogIn(ada)
		p := b.Post("/account/devices/" + k.Text(`SELECT id FROM logins WHERE id <> $1`, own) + "/end")
		if p.Status != http.StatusSeeOther || testkit.LoggedIn(other) || !testkit.LoggedIn(b) {
			t.Errorf("another one: %s %v", p, p.Header)
		}
		p = b.Post("/account/devices/" + own + "/end")
		if p.Status != http.StatusSeeOther || testkit.LoggedIn(b) {
			t.Errorf("this one: %s %v", p, p.Header)
		}
	})
}

// TestNamesTurnNothingAround refuses the characters by which a name could make the text after it read backwards
// (Unicode Standard Annex 9), wherever a name is given.
func TestNamesTurnNothingAround(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().Register(ada)
	for _, c := range "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x01\x7f\u0085" {
		name := "Ada" + string(c) + "ecalevoL"
		for path, p := range map[string]testkit.Page{
			"/register":        k.Browser().Post("/register", "name", name, "email", "b@example.org", "password", testkit.Password),
			"/account/profile": b.Post("/account/profile", "name", name),
		} {
			if p.Status != http.StatusUnprocessableEntity || !p.Says("A name is one line, without control characters.") {
				t.Errorf("%s: %+q: %s", path, name, p)
			}
		}
	}
	for _, name := range []string{"עדה", "آدا لوفلايس", "Ada O’Neil-Lovelace"} { // written from the right, by itself
		if p := b.Post("/account/profile", "name", name); p.Status != http.StatusSeeOther || !b.Get("/account").Says(name) {
			t.Errorf("%s: %s", name, p)
		}
	}
}
