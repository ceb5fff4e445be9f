package account

import (
	"testing"

	"example.com/latchkey/internal/user"
)

func TestSuggestedZonesAreZones(t *testing.T) {
	for _, zone := range zones() {
		if problems := (user.Profile{Timezone: zone}).Problems(); len(problems) > 0 {
			t.Errorf("%s: %v", zone, problems)
		}
	}
}
