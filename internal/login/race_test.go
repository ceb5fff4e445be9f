package login_test

import (
	"net/http"
	"runtime"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// whileHashing sends the form, does something while its password is being tested, and returns the answer.
func whileHashing(k *testkit.Kit, send func() testkit.Page, meanwhile func()) testkit.Page {
	release := k.App.Login.HoldHashing()
	answer := make(chan testkit.Page, 1)
	go func() { answer <- send() }()
	for k.App.Login.Waiting() == 0 {
		runtime.Gosched()
	}
	meanwhile()
	release()
	return <-answer
}

func TestALoginThatIsEndedWhileItsPasswordIsTestedStaysEnded(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		for path, fields := range map[string][]string{
			"/confirm":          {"password", testkit.Password},
			"/account/password": {"current", testkit.Password, "password", "a wholly new pass phrase"},
		} {
			b := k.Browser().LogIn(ada)
			p := whileHashing(k, func() testkit.Page { return b.Post(path, fields...) }, func() {
				k.Exec(`DELETE FROM sessions WHERE id IN (SELECT session_id FROM logins)`)
			})
			if p.Status != http.StatusConflict || in(b) || k.Count(`SELECT count(*) FROM logins`) != 0 {
				t.Errorf("%s: %d, logged in %v", path, p.Status, in(b))
			}
			k.Browser().LogIn(ada) // the password is still the old one
		}
	})
}

func TestALogInThatIsOvertakenFails(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		for _, change := range []string{`UPDATE users SET disabled_at = 1`, `UPDATE users SET disabled_at = 0, password_hash = 'another'`} {
			before := k.Count(`SELECT count(*) FROM logins`)
			b := k.Browser()
			p := whileHashing(k, func() testkit.Page { return b.Post("/login", "email", ada, "password", testkit.Password) }, func() { k.Exec(change) })
			if p.Status != http.StatusUnprocessableEntity || in(b) || k.Count(`SELECT count(*) FROM logins`) != before {
				t.Errorf("%s: %d, logged in %v", change, p.Status, in(b))
			}
		}
	})
}
