package login_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// pressed are forms that hold a password: where a press leads, and how many mails both presses send.
var pressed = []struct {
	path   string
	fields []string
	to     string
	in     bool // sent by who is logged in
	mails  int
	says   string // on the next page, once
}{
	{"/login", []string{"email", ada, "password", testkit.Password, "next", "/privacy"}, "/privacy", false, 1, ""},
	{"/confirm", []string{"password", testkit.Password, "next", "/privacy"}, "/privacy", true, 0, ""},
	{"/account/password", []string{"current", testkit.Password, "password", testkit.NewPassword}, "/account/devices", true, 1, "Your password was changed."},
}

// opened returns a browser that has a form open.
func opened(t *testing.T, k *testkit.Kit, in bool) *testkit.Browser {
	t.Helper()
	for _, table := range []string{"users", "sessions", "outbox", "rate_limits", "revoked_tokens"} {
		k.Exec(`DELETE FROM ` + table)
	}
	testkit.Add(t, k, ada)
	b := k.Browser()
	b.Get("/")
	if in {
		b.LogIn(ada)
	}
	return b
}

// The browser drops the answer to the first press, with its cookies, and takes the one to the second: by that it is in.
func TestAFormThatIsSentTwiceIsDoneOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for _, c := range pressed {
			b := opened(t, k, c.in)
			before := len(k.Mails())
			b.Copy().Post(c.path, c.fields...).Expect(t, http.StatusSeeOther, c.to)
			for _, press := range []*testkit.Browser{b, b.Copy()} { // a third press comes with the same token
				press.Post(c.path, c.fields...).Expect(t, http.StatusSeeOther, c.to)
				account := press.Copy().Get("/account/devices")
				if c.says != "" && strings.Count(account.Body, c.says) != 1 {
					t.Errorf("%s: not said once: %s", c.path, account)
				}
				if account.Status != http.StatusOK || k.Count(`SELECT count(*) FROM logins`) != 1 || len(k.Mails()) != before+c.mails {
					t.Errorf("%s: %d logins, %d mails, want 1 and %d", c.path, k.Count(`SELECT count(*) FROM logins`), len(k.Mails())-before, c.mails)
				}
				b = press
			}
		}
	})
}

// The second press is sent while the password of the first is being tested.
func TestAFormThatIsSentTwiceAtOnceIsDoneOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for _, c := range pressed {
			b := opened(t, k, c.in)
			before := len(k.Mails())
			presses := []*testkit.Browser{b, b.Copy()}
			release, answers := k.App.Hasher.Hold(), make(chan testkit.Page, 2)
			for _, press := range presses {
				go func() { answers <- press.Post(c.path, c.fields...) }()
			}
			waiting(t, k, 2)
			release()
			for range presses {
				p := <-answers
				p.Expect(t, http.StatusSeeOther, c.to)
			}
			if !testkit.LoggedIn(presses[0]) && !testkit.LoggedIn(presses[1]) {
				t.Errorf("%s: whichever answer the browser keeps, it is not logged in", c.path)
			}
			if k.Count(`SELECT count(*) FROM logins`) != 1 || len(k.Mails()) != before+c.mails {
				t.Errorf("%s: %d logins, %d mails, want 1 and %d", c.path, k.Count(`SELECT count(*) FROM logins`), len(k.Mails())-before, c.mails)
			}
		}
	})
}

// What is not the same form, or comes too late, or after a log out, is no repetition.
func TestOnlyTheSameFormWithinTheMinuteIsARepetition(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for name, c := range map[string]struct {
			between func(b *testkit.Browser) // what the browser does after the first press
			fields  []string
		}{
			"another password": {func(*testkit.Browser) {}, []string{"password", wrong}},
			"another form":     {func(*testkit.Browser) {}, []string{"password", testkit.Password, "next", "/privacy"}},
			"a minute later":   {func(*testkit.Browser) { k.Clock.Advance(61 * time.Second) }, []string{"password", testkit.Password}},
			"after a log out":  {func(b *testkit.Browser) { b.Post("/logout") }, []string{"password", testkit.Password}},
		} {
			b := opened(t, k, true)
			thief := b.Copy() // who has the token from before the confirmation, as somebody who planted it would
			b.Post("/confirm", "password", testkit.Password).Expect(t, http.StatusSeeOther)
			c.between(b)
			in := testkit.LoggedIn(b)
			p := thief.Post("/confirm", c.fields...)
			if p.Status == http.StatusSeeOther && p.To != "/login" || testkit.LoggedIn(thief) || testkit.LoggedIn(b) != in {
				t.Errorf("%s: %s; in: %v", name, p, testkit.LoggedIn(thief))
			}
		}
	})
}

// A log in is another one after the minute, and with another form.
func TestALaterLogInIsAnotherOne(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for name, c := range map[string]struct {
			later time.Duration
			more  []string
		}{"a minute later": {later: 61 * time.Second}, "another form": {more: []string{"next", "/privacy"}}} {
			b := opened(t, k, false)
			first := b.Copy().LogIn(ada)
			k.Clock.Advance(c.later)
			b.LogIn(ada, c.more...)
			if n := k.Count(`SELECT count(*) FROM logins`); n != 2 || !testkit.LoggedIn(first) || !testkit.LoggedIn(b) {
				t.Errorf("%s: %d logins", name, n)
			}
		}
	})
}

func TestAPlantedTokenFollowsNobodyByRepeating(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		planted := opened(t, k, false)
		planted.Copy().LogIn(ada)
		for _, path := range []string{"/login", "/register", "/confirm", "/theme", "/account/password"} {
			planted.Post(path, "email", ada)
			if testkit.LoggedIn(planted) {
				t.Errorf("%s logs in who knows the token from before the log in, and no password", path)
			}
		}
	})
}

// Ending what is gone already leads to the list, as ending it did.
func TestALoginThatIsEndedTwiceIsEnded(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b, eve := k.Browser().Register(ada), k.Browser().Register("eve@example.org")
		other := k.Browser().LogIn(ada)
		id := k.Text(`SELECT max(id) FROM logins`)
		end := "/account/devices/" + id + "/end"
		eve.Post(end).Expect(t, http.StatusNotFound) // somebody else's
		if !testkit.LoggedIn(other) {
			t.Error("somebody else ended it")
		}
		for range 2 {
			b.Post(end).Expect(t, http.StatusSeeOther, "/account/devices")
		}
		b.Get("/account/devices").ExpectText(t, http.StatusOK, "That browser was logged out.")
		for range 2 {
			b.Post("/account/devices/end-others").Expect(t, http.StatusSeeOther, "/account/devices")
		}
		b.Post("/account/devices/nonsense/end").Expect(t, http.StatusNotFound)
	})
}
