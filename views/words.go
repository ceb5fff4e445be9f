package views

import (
	"net/netip"
	"strings"
)

// Network shows a truncated address as people write one: "203.0.113.x".
func Network(stored string) string {
	prefix, err := netip.ParsePrefix(stored)
	switch {
	case err != nil:
		return "an unknown network"
	case prefix.Addr().Is4():
		return strings.TrimSuffix(prefix.Addr().String(), ".0") + ".x"
	}
	return prefix.Addr().String()
}

// MidSentence makes the words of When fit into a sentence: "today, 09:12".
func MidSentence(when string) string {
	for _, word := range []string{"Today", "Yesterday"} {
		if strings.HasPrefix(when, word) {
			return strings.ToLower(word) + strings.TrimPrefix(when, word)
		}
	}
	return when
}
