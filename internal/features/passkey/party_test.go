package passkey

import (
	"net/http/httptest"
	"testing"

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/features/passkey/names"
)

// TestTheRelyingPartyIsTheSite holds that browsers call this site by BASE_URL or, in development without it, by the name
// that was asked for. A site at an address of numbers has none.
func TestTheRelyingPartyIsTheSite(t *testing.T) {
	for _, c := range []struct{ base, host, id, origin string }{
		{"https://app.example.org", "evil.example", "app.example.org", "https://app.example.org"},
		{"https://app.example.org:8443", "app.example.org:8443", "app.example.org", "https://app.example.org:8443"},
		{"", "localhost:8080", "localhost", "http://localhost:8080"},
		{"", "LocalHost", "localhost", "http://localhost"},
		{"", "dev.localhost:8080", "dev.localhost", "http://dev.localhost:8080"},
		{"", "127.0.0.1:8080", "", ""},
		{"", "[::1]:8080", "", ""},
		{"https://192.0.2.1", "192.0.2.1", "", ""},
	} {
		cfg, err := config.Load(func(name string) string { return map[string]string{"BASE_URL": c.base}[name] })
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/login", nil)
		r.Host = c.host
		party, can := (&Passkeys{&feature.Core{Config: cfg}}).party(r)
		if can != (c.id != "") || can && (party.Config.RPID != c.id || len(party.Config.RPOrigins) != 1 || party.Config.RPOrigins[0] != c.origin) {
			t.Errorf("%q at %q: %v %+v", c.base, c.host, can, party)
		}
	}
}

func TestNamesOfPasskeys(t *testing.T) {
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	for aaguid, want := range map[string]string{
		"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "Apple Passwords", "00000000-0000-0000-0000-000000000000": "Firefox on Linux", "": "Firefox on Linux",
	} {
		if got := names.Of(aaguid, firefox); got != want {
			t.Errorf("%q is called %q", aaguid, got)
		}
	}
}
