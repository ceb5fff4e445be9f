package login_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/testkit"
)

// Guesses that are sent at once count before the first of them is tested.
func TestATryCountsBeforeItIsTested(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		p := testkit.Page{}
		tested := whileHashing(k, func() testkit.Page { return k.Browser().Post("/login", "email", ada, "password", wrong) }, func() {
			p = k.Browser().Post("/login", "email", ada, "password", wrong)
		})
		if !testkit.Limited(p) || tested.Status != http.StatusUnprocessableEntity {
			t.Errorf("%d while the only try is being tested, which is answered %d", p.Status, tested.Status)
		}
	}, "LIMIT_LOGIN_ACCOUNT=1")
}

// Whoever could not be tested has not tried.
func TestWhatIsNotTestedDoesNotCount(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().Register(ada)
	release := k.App.Hasher.Fill()
	for range 12 {
		for path, fields := range map[string][]string{"/login": {"email", ada}, "/confirm": nil} {
			from := map[string]*testkit.Browser{"/login": k.Browser(), "/confirm": b}[path]
			if p := from.Post(path, append(fields, "password", wrong)...); p.Status != http.StatusServiceUnavailable || p.Header.Get("Retry-After") == "" {
				t.Errorf("%s: %s", path, p)
			}
		}
	}
	release()
	if got := testkit.Guess(k.Browser(), ada, 12); got != 10 {
		t.Errorf("%d tries to log in are left, want 10", got)
	}
	for i := range 11 {
		if p := b.Post("/confirm", "password", wrong); testkit.Limited(p) != (i == 10) {
			t.Errorf("try %d to confirm: %s", i+1, p)
		}
	}

	// The queue had a place, and the client went away while waiting there.
	release = k.App.Hasher.Hold()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	try := login.Credentials{Email: ben, Password: wrong}
	for range 12 {
		_, err := k.App.Login.LogIn(gone, try)
		if _, busy := errors.AsType[*fault.Unavailable](err); !busy {
			t.Error(err)
		}
	}
	release()
	for i := range 11 {
		_, err := k.App.Login.LogIn(t.Context(), try)
		if _, tooMany := errors.AsType[*fault.RateLimited](err); tooMany != (i == 10) {
			t.Errorf("try %d: %v", i+1, err)
		}
	}
}

func TestAskingForThePasswordAgainIsLimited(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		tested := 0
		for i := range 14 { // one bucket for both forms
			p := b.Post("/confirm", "password", wrong)
			if i%2 == 1 {
				p = b.Post("/account/password", "current", wrong, "password", password)
			}
			if p.Status == http.StatusUnprocessableEntity {
				tested++
			} else if !testkit.Limited(p) {
				t.Error(p)
			}
		}
		if p := b.Post("/confirm", "password", testkit.Password); !testkit.Limited(p) {
			t.Errorf("the right one, after %d guesses: %s", tested, p)
		}
	}, "LIMIT_LOGIN_KNOWN_BROWSER=10")
}

func TestRegistrationsAreLimitedByAddress(t *testing.T) {
	for _, mode := range []string{"open", "verify"} {
		k := testkit.Start(t, "LIMIT_REGISTER_ADDRESS=2", "REGISTRATION="+mode)
		for i := range 3 {
			if p := k.Browser().Post("/register", "email", fmt.Sprint(i, ada), "password", testkit.Password); testkit.Limited(p) != (i == 2) {
				t.Errorf("%s, %d: %s", mode, i, p)
			}
		}
	}
}

// weaken stores Password at a cost, as it was stored long ago.
func weaken(t *testing.T, k *testkit.Kit, cost int) {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(testkit.Password), cost)
	if err != nil {
		t.Fatal(err)
	}
	k.Exec(`UPDATE users SET password_hash = $1, password_changed_at = 1`, string(hash))
}

func TestAPasswordIsStoredAnewAtTodaysCost(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		for _, c := range []struct{ stored, want int }{{4, 6}, {5, 6}, {6, 6}, {7, 6}} {
			weaken(t, k, c.stored)
			var wg sync.WaitGroup
			for range 4 {
				b := k.Browser()
				wg.Go(func() {
					if p := testkit.Patiently(func() testkit.Page { return b.Post("/login", "email", ada, "password", testkit.Password) }); p.Status != http.StatusSeeOther {
						t.Errorf("cost %d: the right password: %s", c.stored, p)
					}
				})
			}
			wg.Wait()
			hash := k.Text(`SELECT password_hash FROM users`)
			if cost, err := bcrypt.Cost([]byte(hash)); err != nil || cost != c.want || bcrypt.CompareHashAndPassword([]byte(hash), []byte(testkit.Password)) != nil {
				t.Errorf("cost %d: stored as %.7s", c.stored, hash)
			}
			if k.Count(`SELECT password_changed_at FROM users`) != 1 || !testkit.LoggedIn(b) {
				t.Errorf("cost %d: it reads as a change of password", c.stored)
			}
		}
		if n := strings.Count(k.Log.String(), "event=password.changed"); n != 0 {
			t.Errorf("%d changes in the log", n)
		}
	}, "BCRYPT_COST=6", "LIMIT_LOGIN_ADDRESS=1000")
}
