package securitytxt_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/testkit"
)

func TestWhereWeaknessesAreReported(t *testing.T) {
	const path = "/.well-known/security.txt"
	testkit.Start(t).Browser().Get(path).Expect(t, 404)
	for contact, want := range map[string]string{
		"security@example.org": "mailto:security@example.org", "mailto:security@example.org": "mailto:security@example.org",
		"https://example.org/security": "https://example.org/security",
	} {
		k := testkit.Start(t, "SECURITY_CONTACT="+contact)
		p := k.Browser().Get(path)
		found := regexp.MustCompile(`^Contact: (.*)\nExpires: (.*)\nCanonical: (.*)\n$`).FindStringSubmatch(p.Body)
		if p.Status != 200 || found == nil || p.Header.Get("Set-Cookie") != "" {
			t.Fatalf("%s: %s %q", contact, p, p.Body)
		}
		expires, err := time.Parse(time.RFC3339, found[2])
		if left := expires.Sub(k.Clock.Now()); err != nil || left < 30*24*time.Hour || left > 365*24*time.Hour {
			t.Errorf("it expires in %s (%v)", left, err)
		}
		if found[3] != k.URL+path {
			t.Errorf("it is at %s", found[3])
		}
		if found[1] != want {
			t.Errorf("%s: Contact is %s", contact, found[1])
		}
	}
}

func TestAContactThatLeadsNowhere(t *testing.T) {
	for _, contact := range []string{
		"x", "http://example.org/security", "https://", "https://u:p@example.org", "a@example.org\nPolicy: b", "Ada <ada@example.org>",
		"a@example.org, b@example.org", "mailto:", "javascript:alert(1)",
	} {
		set := func(name string) string { return map[string]string{"SECURITY_CONTACT": contact}[name] }
		if _, err := config.Load(set, app.Settings()...); err == nil || !strings.HasPrefix(err.Error(), "SECURITY_CONTACT=") ||
			!strings.Contains(err.Error(), "is wrong: it must be an e-mail address") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", contact, err)
		}
	}
}
