package views

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Network shows a truncated address, as it is stored, the way people write one: "203.0.113.x".
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

// Plural counts things whose plural ends with s: "1 other device", "2 other devices".
func Plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// Span says a length of time in its largest whole unit: "30 days", "15 minutes".
func Span(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / unit.length); n >= 1 && (d%unit.length == 0 || n >= 10 || unit.length == time.Minute) {
			return Plural(n, unit.name)
		}
	}
	return "a moment"
}
