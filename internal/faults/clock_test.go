//go:build faults

package faults

import (
	"net/http"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

func TestClock(t *testing.T) {
	proves(t, "a clock that was a day ahead and is put back shuts nobody out, and makes no login fresh or longer",
		"anything about clocks that differ between instances")
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn, "LIMIT_LOGIN_ADDRESS=5", "LIMIT_REGISTER_ADDRESS=5")
		k.Clock.Advance(24 * time.Hour)
		ann := k.Browser().LogInAs("ann@example.org")
		for range 8 {
			k.Browser().Post("/login", "email", "nobody@example.org", "password", "a wrong pass phrase")
		}
		k.Clock.Advance(-24 * time.Hour)
		k.Browser().Post("/register", "email", "ben@example.org", "password", testkit.Password).Expect(t, http.StatusSeeOther)
		if p := k.Browser().Post("/login", "email", "ann@example.org", "password", testkit.Password); p.Status != http.StatusSeeOther {
			t.Errorf("log in: %s %s", p, p.Header.Get("Retry-After"))
		}
		k.Clock.Advance(time.Hour)
		if p := ann.Get("/account/email"); p.Status == http.StatusOK {
			t.Errorf("still fresh after an hour")
		}
	})
}
