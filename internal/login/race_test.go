package login_test

import (
	"net/http"
	"runtime"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// whileHashing sends the form, does something while its password is being tested, and returns the answer.
func whileHashing(k *testkit.Kit, send func() testkit.Page, meanwhile func()) testkit.Page {
	release := k.App.Hasher.Hold()
	answer := make(chan testkit.Page, 1)
	go func() { answer <- send() }()
	for k.App.Hasher.Waiting() == 0 {
		runtime.Gosched()
	}
	meanwhile()
	release()
	return <-answer
}

func TestALoginThatIsEndedWhileItsPasswordIsTestedStaysEnded(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		for path, fields := range map[string][]string{
			"/confirm":          {"password", testkit.Password},
			"/account/password": {"current", testkit.Password, "password", "a wholly new pass phrase"},
		} {
			b := k.Browser().LogIn(ada)
			p := whileHashing(k, func() testkit.Page { return b.Post(path, fields...) }, func() {
				k.Exec(`DELETE FROM sessions WHERE id IN (SELECT session_id FROM logins)`)
			})
			if p.Status != http.StatusConflict || testkit.LoggedIn(b) || k.Count(`SELECT count(*) FROM logins`) != 0 {
				t.Errorf("%s: %s, logged in %v", path, p, testkit.LoggedIn(b))
			}
			k.Browser().LogIn(ada) // the password is still the old one
		}
	})
}

// overtakers are what may happen to an account while its password is being tested.
var overtakers = []string{
	`UPDATE users SET disabled_at = 1`,
	`UPDATE users SET password_hash = 'another', password_changed_at = password_changed_at + 1`,
}

func TestALogInThatIsOvertakenFails(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		hash := k.Text(`SELECT password_hash FROM users`)
		for _, change := range overtakers {
			before := k.Count(`SELECT count(*) FROM logins`)
			b := k.Browser()
			p := whileHashing(k, func() testkit.Page { return b.Post("/login", "email", ada, "password", testkit.Password) }, func() { k.Exec(change) })
			if p.Status != http.StatusUnprocessableEntity || testkit.LoggedIn(b) || k.Count(`SELECT count(*) FROM logins`) != before {
				t.Errorf("%s: %s, logged in %v", change, p, testkit.LoggedIn(b))
			}
			k.Exec(`UPDATE users SET disabled_at = 0, password_hash = $1`, hash)
			b.LogIn(ada)
		}
	})
}

func TestAConfirmationThatIsOvertakenFails(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		hash := k.Text(`SELECT password_hash FROM users`)
		for path, fields := range map[string][]string{
			"/confirm":          {"password", testkit.Password},
			"/account/password": {"current", testkit.Password, "password", password},
		} {
			for _, change := range overtakers {
				b := k.Browser().LogIn(ada)
				fresh := k.Count(`SELECT max(fresh_at) / 1000 FROM logins`)
				k.Clock.Advance(time.Minute)
				p := whileHashing(k, func() testkit.Page { return b.Post(path, fields...) }, func() { k.Exec(change) })
				if p.Status != http.StatusConflict || k.Count(`SELECT max(fresh_at) / 1000 FROM logins`) != fresh {
					t.Errorf("%s, %s: %s, want 409", path, change, p)
				}
				if got := k.Text(`SELECT password_hash FROM users`); got != hash && got != "another" {
					t.Errorf("%s, %s: the password was changed", path, change)
				}
				k.Exec(`UPDATE users SET disabled_at = 0, password_hash = $1`, hash)
			}
		}
	})
}
