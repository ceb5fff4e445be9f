package account

import (
	"testing"

	"example.com/latchkey/internal/login"
)

func TestWords(t *testing.T) {
	for n, want := range map[int]string{1: "1 other device", 2: "2 other devices"} {
		if got := otherDevices(n); got != want {
			t.Errorf("otherDevices(%d) = %q, want %q", n, got, want)
		}
	}
	for text, want := range map[string]string{"by an operator": "By an operator", "ada@example.org": "ada@example.org"} {
		if got := upper(text); got != want {
			t.Errorf("upper(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSuggestedZonesAreZones(t *testing.T) {
	for _, zone := range zones() {
		if problems := (login.Profile{Timezone: zone}).Problems(); len(problems) > 0 {
			t.Errorf("%s: %v", zone, problems)
		}
	}
}
