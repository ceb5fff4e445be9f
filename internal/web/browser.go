package web

import (
	"strings"

	"github.com/mileusna/useragent"
)

// BrowserName names a browser as a person knows it: "Firefox on Linux". Of a User-Agent that looks made up it says
// "Unknown browser": nobody's own words get into our mails.
func BrowserName(userAgent string) string {
	ua := useragent.Parse(userAgent)
	switch {
	case ua.Name == "" || ua.Name == userAgent || len(ua.Name) > 40 || strings.ContainsAny(ua.Name+ua.OS, ".:/@<>"):
		return "Unknown browser"
	case ua.OS == "":
		return ua.Name
	}
	return ua.Name + " on " + ua.OS
}

// IsPhone reports whether a browser runs on a phone or tablet.
func IsPhone(userAgent string) bool {
	ua := useragent.Parse(userAgent)
	return ua.Mobile || ua.Tablet
}
