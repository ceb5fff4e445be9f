package web

import (
	"maps"
	"net/http"
	"net/netip"
)

// csp allows nothing but our own files, and forms to ourselves. No inline code, no frames.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Headers sets the headers that every answer carries, whatever its status. Their values are shared by all answers: they
// are replaced by Set, or appended to, and never changed in place.
func (e *Edge) Headers(h http.Header) {
	e.once.Do(func() {
		e.always = http.Header{
			"Content-Security-Policy": {csp},
			"X-Content-Type-Options":  {"nosniff"},
			"X-Frame-Options":         {"DENY"},
			// Never no-referrer: with it browsers send "Origin: null" along with our own forms.
			"Referrer-Policy":              {"same-origin"},
			"Cross-Origin-Opener-Policy":   {"same-origin"},
			"Cross-Origin-Resource-Policy": {"same-origin"},
			"Permissions-Policy":           {"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"},
		}
		if hsts := e.hsts(); hsts != "" {
			e.always.Set("Strict-Transport-Security", hsts)
		}
	})
	maps.Copy(h, e.always)
}

// hsts promises a year of https, for a host that is ours alone: other programs are at localhost and at an address,
// too (which browsers ignore anyway: RFC 6797, 8.1.1).
func (e *Edge) hsts() string {
	if !e.Secure() || Loopback(e.Base.Host) {
		return ""
	}
	if _, err := netip.ParseAddr(e.Base.Hostname()); err == nil {
		return ""
	}
	if e.Subdomains {
		return "max-age=31536000; includeSubDomains"
	}
	return "max-age=31536000"
}
