package views_test

import (
	"testing"

	"example.com/latchkey/views"
)

func TestNetworkAndMidSentence(t *testing.T) {
	for stored, want := range map[string]string{
		"203.0.113.0/24": "203.0.113.x", "2001:db8:1::/48": "2001:db8:1::", "": "an unknown network", "10.0.0.0/24": "10.0.0.x",
	} {
		if got := views.Network(stored); got != want {
			t.Errorf("Network(%q) = %q, want %q", stored, got, want)
		}
	}
	for when, want := range map[string]string{"Today, 09:12": "today, 09:12", "3 November, 08:00": "3 November, 08:00"} {
		if got := views.MidSentence(when); got != want {
			t.Errorf("MidSentence(%q) = %q, want %q", when, got, want)
		}
	}
}
