package account

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"example.com/latchkey/internal/login"
)

// elsewhere says on how many other browsers the user is logged in.
func elsewhere(others int) string {
	switch {
	case others <= 0:
		return "Logged in on this browser only"
	case others == 1:
		return "Logged in on 1 other browser"
	}
	return fmt.Sprintf("Logged in on %d other browsers", others)
}

// network shows a truncated address as people write one: "203.0.113.x".
func network(stored string) string {
	prefix, err := netip.ParsePrefix(stored)
	switch {
	case err != nil:
		return "an unknown network"
	case prefix.Addr().Is4():
		return strings.TrimSuffix(prefix.Addr().String(), ".0") + ".x"
	}
	return prefix.Addr().String()
}

// kept says how long a login lasts.
func kept(l login.Login) string {
	if !l.Remembered {
		return "until the browser closes"
	}
	return fmt.Sprintf("kept for at most %d days", int(l.Expires.Sub(l.Created)/(24*time.Hour)))
}

// lower makes a moment's words fit into a sentence: "today, 09:12".
func lower(when string) string {
	for _, word := range []string{"Today", "Yesterday"} {
		if strings.HasPrefix(when, word) {
			return strings.ToLower(word) + strings.TrimPrefix(when, word)
		}
	}
	return when
}
