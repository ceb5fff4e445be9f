package web

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"example.com/latchkey/internal/fault"
)

const (
	// maxBody is the most that a form may hold, in bytes.
	maxBody = 64 << 10
	// maxDrain is what is read of a body that is too large, so that its sender gets to read the answer.
	maxDrain = 4 << 20
)

// Edge is what stands between the network and the session: who asks, for which host, from which origin,
// with how much. A request that is refused here never touches a cookie.
type Edge struct {
	Base       *url.URL       // BASE_URL; nil in development without one
	Loopback   bool           // answer for localhost and loopback addresses too: in development
	ExtraHosts []string       // more names; one without a port stands for all ports
	Proxies    []netip.Prefix // TRUSTED_PROXIES
	Log        *slog.Logger
	Now        func() time.Time
	// Refuse answers a request that is refused here; Fail by default. What it looks up about the visitor, it reads only.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)

	warned atomic.Bool // of a forwarding header from a peer that is not trusted
}

// csp allows nothing but our own files, and forms to ourselves. No inline code, no frames.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Secure reports whether the site is served by https.
func (e *Edge) Secure() bool { return e.Base != nil && e.Base.Scheme == "https" }

// Headers sets the headers that every answer carries, whatever its status.
func (e *Edge) Headers(h http.Header) {
	h.Set("Content-Security-Policy", csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// Never no-referrer: with it browsers send "Origin: null" along with our own forms.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
	if e.Secure() {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// Handler wraps the application. route finds the line of the map that will answer, before the session is looked at.
func (e *Edge) Handler(route func(*http.Request) *Route, next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := e.Now()
		e.Headers(w.Header())
		info := &Request{ID: rand.Text()[:16], Client: e.client(r), Secure: e.Secure(), UserAgent: CleanHeader(r.UserAgent()), Log: e.Log, find: route}
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
		info.Route = route(r)
		if err := e.check(cross, out, r); err != nil {
			e.refuse(out, r, err)
			return
		}
		next.ServeHTTP(out, r)
	})
}

func (e *Edge) refuse(w http.ResponseWriter, r *http.Request, err error) {
	RequestOf(r.Context()).Refused = true
	if e.Refuse == nil {
		Fail(w, r, err)
		return
	}
	e.Refuse(w, r, err)
}

// log writes one record for each request. It names the line of the map, not the address, which may hold a secret.
func (e *Edge) log(r *http.Request, info *Request, status int, took time.Duration) {
	pattern := ""
	if info.Route != nil {
		pattern = info.Route.Pattern
	}
	e.Log.Info("request", "request", info.ID, "method", r.Method, "route", pattern, "status", status, "ms", took.Milliseconds())
}

func (e *Edge) check(cross *http.CrossOriginProtection, w http.ResponseWriter, r *http.Request) error {
	if !anyHost(r.URL.Path) && !e.ours(r.Host) {
		return fmt.Errorf("host %q: %w", CleanHeader(r.Host), fault.WrongHost)
	}
	if !cleanText(r.URL.Path) {
		return fmt.Errorf("path: %w", fault.NotFound)
	}
	if err := cross.Check(r); err != nil {
		return errors.Join(fault.CrossOrigin, err)
	}
	if origin := r.Header.Values("Origin"); !Safe(r.Method) && len(origin) > 0 && (len(origin) > 1 || !e.ourOrigin(r, origin[0])) {
		return fmt.Errorf("origin: %w", fault.CrossOrigin)
	}
	return readForm(w, r)
}

// anyHost reports whether an address answers under any name: health checks, and the files that the page which refuses
// a wrong name is made of.
func anyHost(path string) bool {
	return path == "/healthz" || path == "/readyz" || strings.HasPrefix(path, "/static/")
}

// ours reports whether the host is one that we answer for.
func (e *Edge) ours(host string) bool {
	host = strings.ToLower(host)
	if e.Base != nil { // some clients write the scheme's own port
		host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[e.Base.Scheme])
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if e.Base != nil && host == e.Base.Host || slices.Contains(e.ExtraHosts, host) || slices.Contains(e.ExtraHosts, name) {
		return true
	}
	if !e.Loopback {
		return false
	}
	name = strings.Trim(name, "[]")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback()
}

// ourOrigin reports whether an Origin header is exactly our own scheme, host and port.
func (e *Edge) ourOrigin(r *http.Request, origin string) bool {
	if e.Base != nil {
		return origin == e.Base.Scheme+"://"+e.Base.Host
	}
	return origin == "http://"+strings.ToLower(r.Host)
}

// client returns the address that asks: the peer's or, behind a trusted proxy, the rightmost entry of
// X-Forwarded-For that is not a trusted proxy itself.
func (e *Edge) client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	forwarded := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	if forwarded == "" {
		return addr
	}
	if !e.trusted(addr) {
		if e.warned.CompareAndSwap(false, true) {
			e.Log.Warn("X-Forwarded-For ignored: the peer is not in TRUSTED_PROXIES", "peer", addr.String())
		}
		return addr
	}
	entries := strings.Split(forwarded, ",")
	for _, entry := range slices.Backward(entries) {
		next, err := parseForwarded(strings.TrimSpace(entry))
		if err != nil {
			return addr // what stands further left cannot be trusted either
		}
		addr = next
		if !e.trusted(addr) {
			return addr
		}
	}
	return addr
}

func parseForwarded(entry string) (netip.Addr, error) {
	if ap, err := netip.ParseAddrPort(entry); err == nil {
		return ap.Addr().Unmap(), nil
	}
	addr, err := netip.ParseAddr(strings.Trim(entry, "[]"))
	return addr.Unmap(), err
}

func (e *Edge) trusted(addr netip.Addr) bool {
	return slices.ContainsFunc(e.Proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// readForm reads and parses the body before anything else happens, so that a slow or huge one holds nothing up
// and each handler finds r.PostForm filled with clean text.
func readForm(w http.ResponseWriter, r *http.Request) error {
	if r.URL.RawQuery != "" && !cleanValues(r.URL.Query()) {
		return fmt.Errorf("query: %w", fault.Malformed)
	}
	if Safe(r.Method) {
		return nil
	}
	if r.ContentLength > maxBody && r.Header.Get("Expect") != "" { // the sender asks first: it need not begin
		return fmt.Errorf("body: %w", fault.TooLarge)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("body: %w: %w", fault.Timeout, err)
	}
	if err != nil {
		return fmt.Errorf("body: %w: %w", fault.Malformed, err)
	}
	if len(body) > maxBody {
		io.CopyN(io.Discard, r.Body, maxDrain) //nolint:errcheck // the answer is the same
		return fmt.Errorf("body: %w", fault.TooLarge)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(maxBody)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return fmt.Errorf("form: %w: %w", fault.Malformed, err)
	}
	if !cleanValues(r.PostForm) {
		return fmt.Errorf("form: %w", fault.Malformed)
	}
	return nil
}

func cleanValues(values url.Values) bool {
	for name, list := range values {
		if !cleanText(name) || slices.ContainsFunc(list, func(v string) bool { return !cleanText(v) }) {
			return false
		}
	}
	return true
}

func cleanText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

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
