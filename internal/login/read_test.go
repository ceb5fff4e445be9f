package login_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// One statement reads the session, the login and the user of a request, for a guest as well.
func TestWhoAsksIsReadByOneStatement(t *testing.T) {
	k := testkit.Start(t)
	in, out := k.Browser().Register(ada), k.Browser()
	out.Get("/")
	for b, status := range map[*testkit.Browser]int{in: http.StatusOK, out: http.StatusSeeOther} {
		fresh := k.Another() // nothing ran there yet
		before := fresh.App.DB.Statements()
		b.At(fresh).Get("/account/password").Expect(t, status)
		var reads []string
		for _, text := range fresh.App.DB.Statements() {
			if strings.Contains(text, "token_hash = $1") && !slices.Contains(before, text) {
				reads = append(reads, text)
			}
		}
		if len(reads) != 1 || !strings.Contains(reads[0], "JOIN logins") || !strings.Contains(reads[0], "JOIN users") {
			t.Errorf("read by %q", reads)
		}
	}
}
