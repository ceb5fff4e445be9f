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

// maxFirstLine is how many characters of a text a row of a list shows. A row is one line, and is read out as a whole.
const maxFirstLine = 160

// FirstLine is how a text begins, for a row of a list: its first line, of a long one the first 160 characters and "…".
func FirstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	n := 0
	for at := range line {
		if n++; n > maxFirstLine {
			return strings.TrimSpace(line[:at]) + "…"
		}
	}
	return strings.TrimSpace(line)
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
