package web

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"example.com/latchkey/views"
)

// Edge is what stands between the network and the session: who asks, for which host, from which origin,
// with how much. A request that is refused here never touches a cookie.
type Edge struct {
	Base       *url.URL       // BASE_URL; nil in development without one
	Subdomains bool           // HSTS_SUBDOMAINS: what we promise of https holds for the host's subdomains, too
	Loopback   bool           // answer for localhost and loopback addresses too: in development
	ExtraHosts []string       // more names, from where pages lead to Base; one without a port stands for all ports
	Proxies    []netip.Prefix // TRUSTED_PROXIES
	Log        *slog.Logger
	Now        func() time.Time
	// Refuse answers a request that is refused here; Fail by default. What it looks up about the visitor, it reads only.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)

	// Plain is what the page of a request shows that failed before we looked who asks; nothing by default.
	Plain func(r *http.Request) *views.Page

	warned  atomic.Bool // of a forwarding header from a peer that is not trusted
	refused refusals
	once    sync.Once // makes always
	always  http.Header
}

// csp allows nothing but our own files, and forms to ourselves. No inline code, no frames.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Secure reports whether the site is served by https.
func (e *Edge) Secure() bool { return e.Base != nil && e.Base.Scheme == "https" }

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

// Handler wraps the application. route finds the line of the map that will answer, before the session is looked at.
func (e *Edge) Handler(route func(*http.Request) *Route, next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	if e.Refuse == nil {
		e.Refuse = Fail
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := e.Now()
		e.Headers(w.Header())
		info := &Request{ID: rand.Text()[:16], Client: e.client(r), Secure: e.Secure(), UserAgent: CleanHeader(r.UserAgent()), Log: e.Log, find: route, plain: e.Plain}
		if e.Base != nil {
			info.site = e.Base.String()
		}
		r = r.WithContext(WithRequest(r.Context(), info))
		out := &recorder{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
					panic(p)
				}
				e.Log.Error("panic", "request", info.ID, "panic", p, "stack", string(debug.Stack()))
				if out.status != 0 {
					panic(http.ErrAbortHandler)
				}
				Fail(out, r, errors.New("panic"))
			}
			e.log(r, info, out.status, e.Now().Sub(start))
		}()
		if e.moved(out, r) {
			return
		}
		info.Route = route(r)
		if err := e.check(cross, out, r); err != nil {
			info.Refused = err
			e.Refuse(out, r, err)
			return
		}
		next.ServeHTTP(out, r)
	})
}

// log writes one record for each request. It names the line of the map, not the address, which may hold a secret; who
// was logged in; and of a request that was refused, why (ASVS 16.2.1, 16.3).
func (e *Edge) log(r *http.Request, info *Request, status int, took time.Duration) {
	ctx := r.Context()
	if !e.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	pattern := ""
	if info.Route != nil {
		pattern = info.Route.Pattern
	}
	about := [7]slog.Attr{
		slog.String("request", info.ID), slog.String("method", r.Method), slog.String("route", pattern),
		slog.Int("status", status), slog.Int64("ms", took.Milliseconds()),
	}
	n := 5
	if info.UserID != "" {
		about[n] = slog.String("user", info.UserID)
		n++
	}
	if info.Reason != "" {
		about[n] = slog.String("reason", info.Reason)
		n++
	}
	e.Log.LogAttrs(ctx, slog.LevelInfo, "request", about[:n]...)
}

// A recorder remembers the status for the log.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
