package login_test

import (
	"net/http"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// TestAClockThatIsPutBackLengthensNoLogin puts the clock right after it was a day ahead: what was given then counts from
// now. It does so before the janitor came, after it, and with an instance that never saw the day ahead.
func TestAClockThatIsPutBackLengthensNoLogin(t *testing.T) {
	const day = 24 * time.Hour
	for name, notice := range map[string]func(t *testing.T, k *testkit.Kit) *testkit.Kit{
		"at once":      func(_ *testing.T, k *testkit.Kit) *testkit.Kit { return k },
		"when swept":   func(t *testing.T, k *testkit.Kit) *testkit.Kit { testkit.Sweep(t, k); return k },
		"at a start":   func(t *testing.T, k *testkit.Kit) *testkit.Kit { n := k.Another(); testkit.Sweep(t, n); return n },
		"when flushed": func(_ *testing.T, k *testkit.Kit) *testkit.Kit { k.Flush(); return k },
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
				testkit.Sweep(t, k)
				k.Clock.Advance(day)
				b := k.Browser().Register(ada)
				b.Get("/account")
				k.Flush()
				k.Clock.Advance(-day)
				k = notice(t, k)
				b = b.At(k)
				b.Get("/account/security").Expect(t, http.StatusSeeOther, "/confirm?next=%2Faccount%2Fsecurity")
				b.Post("/confirm", "password", testkit.Password).Expect(t, http.StatusSeeOther)
				b.Get("/account/security").Expect(t, http.StatusOK)
				k.Clock.Advance(16 * time.Minute)
				b.Get("/account/security").Expect(t, http.StatusSeeOther, "/confirm?next=%2Faccount%2Fsecurity")
				for range 48 { // somebody who is there all the time
					k.Clock.Advance(30 * time.Minute)
					if !testkit.LoggedIn(b) {
						break
					}
					k.Flush()
				}
				if testkit.LoggedIn(b) {
					t.Errorf("the login outlives its limit of a day")
				}
			})
		})
	}
}
