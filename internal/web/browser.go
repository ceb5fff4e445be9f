package web

import (
	"net/http"
	"strings"

	"github.com/mileusna/useragent"
)

// BrowserName names a browser as a person knows it: "Firefox on Linux". It returns "Unknown browser" for a User-Agent that
// looks made up, so that nobody can put words of their own into our pages and mails.
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

// IsDocument reports whether the answer becomes a page in front of a person. The answer to HEAD, to a prefetch or prerender, to
// a script's fetch, or for an image or a frame does not.
func IsDocument(r *http.Request) bool {
	h := r.Header
	dest := h.Get("Sec-Fetch-Dest")
	// Only browsers that load ahead send these: Sec-Purpose (Fetch, 2.2.6), and what Safari and Firefox sent before it.
	ahead := h.Get("Sec-Purpose") + h.Get("Purpose") + h.Get("X-Purpose") + h.Get("X-Moz")
	return r.Method != http.MethodHead && admitsHTML(h.Get("Accept")) && (dest == "" || dest == "document") && ahead == ""
}

// admitsHTML reports whether a page is an acceptable answer (RFC 9110, 12.5.1: no Accept admits everything).
func admitsHTML(accept string) bool {
	return accept == "" || strings.Contains(accept, "text/html") || strings.Contains(accept, "text/*") || strings.Contains(accept, "*/*")
}
