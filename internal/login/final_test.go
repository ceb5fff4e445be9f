package login_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

// What ends logins must do so also when its transaction is tried again: an answer that says "done" is true.
func TestLogOutSurvivesARetriedTransaction(t *testing.T) {
	k := testkit.Start(t, "DATABASE_URL="+pgtest.URL(t))
	for _, c := range []struct {
		path   string
		fields []string
		own    bool // ends the browser's own login
		other  bool // ends the user's other login
	}{
		{"/logout", nil, true, false},
		{"/privacy/erase", nil, true, false},
		{"/account/devices/own/end", nil, true, false},
		{"/account/devices/other/end", nil, false, true},
		{"/account/devices/end-others", nil, false, true},
		{"/account/password", []string{"current", testkit.Password, "password", testkit.Password}, false, true},
		{"/account/delete", []string{"confirm", "1"}, true, true},
	} {
		k.Exec(`DELETE FROM sessions`)
		b := k.Browser().LogInAs(ada)
		own := k.Text(`SELECT id FROM logins`)
		other := k.Browser().LogIn(ada)
		path := map[string]string{
			"/account/devices/own/end":   "/account/devices/" + own + "/end",
			"/account/devices/other/end": "/account/devices/" + k.Text(`SELECT id FROM logins WHERE id <> $1`, own) + "/end",
		}[c.path]
		if path == "" {
			path = c.path
		}
		token, did := b.Copy(), testkit.Stumble(t, k.App.DB, "revoked_tokens")
		p := b.Post(path, c.fields...)
		if !did() {
			t.Fatalf("%s: nothing was tried again", c.path)
		}
		renewed := c.path == "/account/password"
		if p.Status != http.StatusSeeOther || testkit.LoggedIn(token) != (!c.own && !renewed) || testkit.LoggedIn(b) == c.own || testkit.LoggedIn(other) == c.other {
			t.Errorf("%s: %s; the token is in: %v, this browser: %v, the other: %v", c.path, p, testkit.LoggedIn(token), testkit.LoggedIn(b), testkit.LoggedIn(other))
		}
	}
}

func TestALogOutOvertakenByAConfirmationEndsTheLogin(t *testing.T) {
	k := testkit.Start(t, "DATABASE_URL="+pgtest.URL(t))
	k.Browser().Register(ada)
	for _, path := range []string{"/logout", "/privacy/erase"} {
		for overtaker, fields := range map[string][]string{
			"/confirm":          {"password", testkit.Password},
			"/account/password": {"current", testkit.Password, "password", testkit.Password},
		} {
			first := k.Browser().LogIn(ada)
			second := first.Copy() // another tab
			k.Exec(`DELETE FROM logins WHERE id <> (SELECT max(id) FROM logins)`)
			k.Flush() // or it would stand in the queue
			var confirmed, out testkit.Page
			var wg sync.WaitGroup
			err := k.App.DB.InTx(t.Context(), func(ctx context.Context) error {
				_, err := k.App.DB.ExecContext(ctx, `SELECT id FROM sessions FOR UPDATE`) // whoever waits comes in turn
				wg.Go(func() { confirmed = first.Post(overtaker, fields...) })
				testkit.Await(t, k.App.DB, 1)
				wg.Go(func() { out = second.Post(path) })
				testkit.Await(t, k.App.DB, 2)
				return err
			})
			wg.Wait()
			if err != nil || confirmed.SetCookie("latchkey") == nil { // what comes after the rotation may be told of the end
				t.Fatalf("%s: %d %v", overtaker, confirmed.Status, err)
			}
			if out.Status != http.StatusSeeOther || testkit.LoggedIn(first) || testkit.LoggedIn(second) || k.Count(`SELECT count(*) FROM logins`) != 0 {
				t.Errorf("%s after %s: %d, and the login lives on", path, overtaker, out.Status)
			}
		}
	}
}

// The form left the browser before the answer arrived that renewed its token.
func TestALogOutThatArrivesJustAfterAConfirmationEndsTheLogin(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		for path, fields := range map[string][]string{
			"/confirm":          {"password", testkit.Password},
			"/account/password": {"current", testkit.Password, "password", testkit.Password},
		} {
			b := k.Browser().LogIn(ada)
			late := b.Copy()
			if p := b.Post(path, fields...); p.Status != http.StatusSeeOther {
				t.Fatalf("%s: %s", path, p)
			}
			if p := late.Post("/logout"); p.Status != http.StatusSeeOther || p.SetCookie("latchkey") != nil || testkit.LoggedIn(b) {
				t.Errorf("%s: %s, logged in %v", path, p, testkit.LoggedIn(b))
			}
		}
		// Not so of the token from before the log in: whoever planted it would have power over the user.
		planted := k.Browser()
		planted.Get("/")
		victim := planted.Copy()
		victim.LogIn(ada)
		if planted.Post("/logout"); !testkit.LoggedIn(victim) {
			t.Error("a planted token logs the user out")
		}
	})
}

// A page that stood open while its session ended still has a form to log in with.
func TestLogInAndRegisterWorkFromAPageWhoseSessionEnded(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		tab, other := b.Copy(), b.Copy()
		b.Post("/logout")
		if p := tab.Post("/login", "email", ada, "password", testkit.Password); p.Status != http.StatusSeeOther || !testkit.LoggedIn(tab) {
			t.Errorf("log in: %s", p)
		}
		if p := other.Post("/register", "email", ben, "password", testkit.Password); p.Status != http.StatusSeeOther || !testkit.LoggedIn(other) {
			t.Errorf("register: %s", p)
		}
	})
}

func TestTheLoginsOfADisabledAccountEndOnSight(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		unseen := k.Browser().LogIn(ada)
		k.Exec(`UPDATE users SET disabled_at = 1`) // behind the back of Disable, which ends them all
		old := b.Copy()
		if testkit.LoggedIn(b) {
			t.Error("in though disabled")
		}
		k.Exec(`UPDATE users SET disabled_at = 0`)
		if testkit.LoggedIn(b) || testkit.LoggedIn(old) || !testkit.LoggedIn(unseen) {
			t.Errorf("enabled again: %v, %v; one that was not seen meanwhile: %v", testkit.LoggedIn(b), testkit.LoggedIn(old), testkit.LoggedIn(unseen))
		}
	})
}

// Two instances see the same browser; each writes what it saw some seconds later.
func TestNobodyIsIdleWhoWasSeenByAnotherInstance(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		other := k.Another()
		b := k.Browser().Register(ada)
		k.Flush()
		k.Clock.Advance(time.Hour - time.Second)
		if !testkit.LoggedIn(b) {
			t.Error("idle before the hour is over")
		}
		k.Clock.Advance(2 * time.Second)
		if !testkit.LoggedIn(b.At(other)) {
			t.Error("logged out two seconds after a request")
		}
		k.Flush()
		other.Flush()
		k.Clock.Advance(time.Hour + 10*time.Second)
		if testkit.LoggedIn(b.At(other)) {
			t.Error("idle for more than an hour, and in")
		}
	})
}
