package account

import (
	"testing"

	"example.com/latchkey/internal/login"
)

func TestWords(t *testing.T) {
	for stored, want := range map[string]string{
		"203.0.113.0/24": "203.0.113.x", "2001:db8:1::/48": "2001:db8:1::", "": "an unknown network", "10.0.0.0/24": "10.0.0.x",
	} {
		if got := network(stored); got != want {
			t.Errorf("network(%q) = %q, want %q", stored, got, want)
		}
	}
	for others, want := range map[int]string{0: "Logged in on this browser only", 1: "Logged in on 1 other browser", 2: "Logged in on 2 other browsers"} {
		if got := elsewhere(others); got != want {
			t.Errorf("elsewhere(%d) = %q, want %q", others, got, want)
		}
	}
	for when, want := range map[string]string{"Today, 09:12": "today, 09:12", "3 November, 08:00": "3 November, 08:00"} {
		if got := lower(when); got != want {
			t.Errorf("lower(%q) = %q, want %q", when, got, want)
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
