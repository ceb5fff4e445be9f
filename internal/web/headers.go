package web

import (
	"maps"
	"net/http"
	"net/netip"
)

// csp admits our own files, and forms to this site. No inline code, no frames.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Headers sets the headers that every answer carries, whatever its status. All answers share the values: replace them by Set,
// and never change them in place.
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

// hsts returns the value of Strict-Transport-Security: a year. It is "" for localhost and for IP addresses, where other
// programs may be found, too; browsers ignore the header at an address anyway (RFC 6797, 8.1.1).
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
