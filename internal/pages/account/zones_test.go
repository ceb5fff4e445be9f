package account

import (
	"testing"

	"example.com/latchkey/internal/user"
)

func TestWords(t *testing.T) {
	for n, want := range map[int]string{1: "other device", 2: "2 other devices"} {
		if got := otherDevices(n); got != want {
			t.Errorf("otherDevices(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSuggestedZonesAreZones(t *testing.T) {
	for _, zone := range zones() {
		if problems := (user.Profile{Timezone: zone}).Problems(); len(problems) > 0 {
			t.Errorf("%s: %v", zone, problems)
		}
	}
}
