package pwned_test

import (
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// TestLeakedPasswordsAreRefusedOnEveryPage holds that the pages which take a new password ask, and go by the answer.
func TestLeakedPasswordsAreRefusedOnEveryPage(t *testing.T) {
	const leaked = "seven lamps were painted by an otter"
	sum := sha1.Sum([]byte(leaked))
	hash := strings.ToUpper(hex.EncodeToString(sum[:]))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest := strings.Repeat("0", 35)
		if strings.HasSuffix(r.URL.Path, "/"+hash[:5]) {
			rest = hash[5:]
		}
		w.Write([]byte(rest + ":3\r\n"))
	}))
	t.Cleanup(server.Close)
	k := testkit.Start(t, "PWNED_PASSWORDS="+server.URL)
	b := k.Browser().Register(ada)
	k.Browser().Post("/password/forgot", "email", ada)
	for _, p := range []testkit.Page{
		testkit.Press(t, k.Browser(), k.Mail(ada), "password", leaked),
		k.Browser().Post("/register", "email", ben, "password", leaked),
		b.Post("/account/password", "current", testkit.Password, "password", leaked),
	} {
		if p.Status != http.StatusUnprocessableEntity || !p.Says("known from a breach") || !strings.Contains(p.Body, `id="password-error"`) {
			t.Error(p)
		}
	}
	testkit.Start(t).Browser().Post("/register", "email", ada, "password", leaked).Expect(t, http.StatusSeeOther)
}
