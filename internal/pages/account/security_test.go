package account_test

import (
	"net/http"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// TestThePasswordSaysWhenItWasUsed holds that Login & security says when the password was used last, that it is the last
// way in, and what to do next.
func TestThePasswordSaysWhenItWasUsed(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(testkit.Ada)
		k.Exec(`UPDATE events SET at = $1`, 1593642600000) // 1 July 2020
		b.Get("/account/devices").ExpectText(t, http.StatusOK, "Your last way in", "last used", "1 July 2020", "Next step:", "Verify your address")
		k.Clock.Advance(time.Minute)
		b.Post("/confirm", "password", testkit.Password)
		b.Get("/account/devices").ExpectText(t, http.StatusOK, "last used", "!1 July 2020")
		testkit.Press(t, b, k.Mail(testkit.Ada))
		b.Get("/account/devices").ExpectText(t, http.StatusOK, "!Verify your address")
	})
}
