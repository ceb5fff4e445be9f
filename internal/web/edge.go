package web

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"example.com/latchkey/views"
)

// Edge checks each request before its session is loaded: who asks, for which host, from which origin, and with how large a
// body. A request that is refused here never touches a cookie.
type Edge struct {
	Base       *url.URL       // BASE_URL; nil in development without one
	Subdomains bool           // HSTS_SUBDOMAINS: the promise of https includes the subdomains
	Loopback   bool           // answer for localhost and loopback addresses, too; set in development
	ExtraHosts []string       // more names, which redirect to Base; a name without a port stands for all ports
	Proxies    []netip.Prefix // TRUSTED_PROXIES
	Log        *slog.Logger
	Now        func() time.Time
	// Refuse answers a request that is refused here; Fail by default. It may read the visitor's session, and not change it.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)

	// Plain returns what the layout shows if a request fails before it is known who asks; nothing by default.
	Plain func(r *http.Request) *views.Page

	warned  atomic.Bool // that a peer which is not trusted sent X-Forwarded-For
	refused sync.Map    // a Minutely for each reason
	once    sync.Once   // makes always
	always  http.Header
}

// Secure reports whether the site is served by https.
func (e *Edge) Secure() bool { return e.Base != nil && e.Base.Scheme == "https" }

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

// log writes one record for each request: the line of the map, not the address, which may hold a secret; who was logged in;
// and why it was refused, if it was (ASVS 16.2.1, 16.3).
func (e *Edge) log(r *http.Request, info *Request, status int, took time.Duration) {
	ctx := r.Context()
	if !e.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	pattern := ""
	if info.Route != nil {
		pattern = info.Route.Pattern
	}
	about := append(make([]slog.Attr, 0, 7), slog.String("request", info.ID), slog.String("method", r.Method),
		slog.String("route", pattern), slog.Int("status", status), slog.Int64("ms", took.Milliseconds()))
	if info.UserID != "" {
		about = append(about, slog.String("user", info.UserID))
	}
	if info.Reason != "" {
		about = append(about, slog.String("reason", info.Reason))
	}
	e.Log.LogAttrs(ctx, slog.LevelInfo, "request", about...)
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
