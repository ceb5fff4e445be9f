package app_test

import (
	"testing"

	"example.com/latchkey/internal/testkit"
)

// TestASlashTooMany: people and link checkers write one at the end of an address.
func TestASlashTooMany(t *testing.T) {
	k := testkit.Start(t)
	for _, c := range []struct {
		method, path string
		status       int
		to           string
	}{
		{"GET", "/login/", 308, "/login"},
		{"HEAD", "/login/", 308, "/login"},
		{"POST", "/login/", 308, "/login"}, // sent again as it is: 308 keeps method and form
		{"GET", "/login/?next=%2Ftestkit%2Fpage%2F", 308, "/login?next=%2Ftestkit%2Fpage%2F"},
		{"GET", testkit.Private + "/", 308, testkit.Private}, // and there the guard asks who it is
		{"GET", testkit.Private + "/a%2Fb/", 308, testkit.Private + "/a%2Fb"},
		{"GET", "/healthz/", 308, "/healthz"},
		{"GET", "/", 200, ""},
		{"GET", "/nowhere/", 404, ""},
		{"GET", "/logout/", 404, ""}, // a form goes there, nobody reads it
		{"PUT", "/login/", 404, ""},
		{"GET", "/%2Fevil.example/", 404, ""},
		{"GET", "/evil.example/%2f", 404, ""},
		{"GET", "/static/", 404, ""},
	} {
		resp := ask(t, c.method, k.URL+c.path, nil)
		if resp.StatusCode != c.status || resp.Header.Get("Location") != c.to || c.status != 200 && len(resp.Cookies()) > 0 {
			t.Errorf("%s %s: %d to %q", c.method, c.path, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
}
