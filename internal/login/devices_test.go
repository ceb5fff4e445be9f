package login_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// Who ends logins has given the password a short while ago (ASVS 7.5.2). The list is open to whoever is logged in.
func TestEndingLoginsNeedsAFreshLogin(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b, other := k.Browser().Register(ada), k.Browser().LogIn(ada)
		id := k.Text(`SELECT max(id) FROM logins`)
		k.Exec(`UPDATE logins SET fresh_at = 1`)
		b.Get("/account/devices").ExpectText(t, http.StatusOK, "Log out the other device")
		b.Get("/account/devices/end-others").Expect(t, http.StatusSeeOther, "/confirm?next=%2Faccount%2Fdevices%2Fend-others")
		for _, path := range []string{"/account/devices/end-others", "/account/devices/" + id + "/end"} {
			p := b.Post(path).Expect(t, http.StatusSeeOther)
			if !strings.HasPrefix(p.To, "/confirm") || !testkit.LoggedIn(other) {
				t.Errorf("%s: %s", path, p)
			}
		}
		b.Post("/confirm", "password", testkit.Password)
		b.Post("/account/devices/"+id+"/end").Expect(t, http.StatusSeeOther, "/account/devices")
		if testkit.LoggedIn(other) {
			t.Error("it lives on")
		}
	})
}
