package account

import (
	"testing"

	"example.com/latchkey/internal/user"
)

func TestWords(t *testing.T) {
	for others, want := range map[int]string{0: "Logged in on this browser only", 1: "Logged in on 1 other browser", 2: "Logged in on 2 other browsers"} {
		if got := elsewhere(others); got != want {
			t.Errorf("elsewhere(%d) = %q, want %q", others, got, want)
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
