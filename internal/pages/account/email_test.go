package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// TestAWaitingAddressIsShownAndCanBeCancelled holds that a change of address that waits is seen, for as long as its
// link works, and that its link is dead once the change was cancelled.
func TestAWaitingAddressIsShownAndCanBeCancelled(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		ann := k.Browser().Register("ann@example.org")
		k.Browser().Register("taken@example.org")
		if ann.Get("/account").Says("Waiting for") {
			t.Error("nothing was asked for, and something waits")
		}
		for _, email := range []string{"taken@example.org", "new@example.org"} { // it tells nobody which one is taken
			ann.Post("/account/email", "email", email)
			if p := ann.Get("/account"); !p.Says("Waiting for "+email) || !p.Says("It works until <time") || strings.Count(p.Body, "Waiting for") != 1 {
				t.Errorf("%s is not shown: %s", email, p.Body)
			}
		}
		link := testkit.Link(k.Mail("new@example.org"))
		for range 2 {
			ann.Post("/account/email/cancel").Expect(t, http.StatusSeeOther, "/account")
		}
		if p := ann.Get("/account"); p.Says("Waiting for") {
			t.Error("it still waits")
		}
		if p := ann.Follow(ann.Get(link)); p.Status != http.StatusNotFound {
			t.Errorf("the link works: %s", p)
		}
		ann.Post("/account/email", "email", "new@example.org")
		k.Clock.Advance(24*time.Hour + time.Minute)
		ann = k.Browser().LogIn("ann@example.org")
		if p := ann.Get("/account"); p.Says("Waiting for") {
			t.Error("it waits for a link that has expired")
		}
	})
}
