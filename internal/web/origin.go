package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"example.com/latchkey/internal/fault"
)

// errSetUp marks a refusal that whoever set the site up can mend: the browser is at this very site, by an address that
// differs from BASE_URL in scheme or port alone.
var errSetUp = errors.New("scheme or port differ from the site's address")

// check refuses what is not for this site, or does not come from it.
func (e *Edge) check(cross *http.CrossOriginProtection, w http.ResponseWriter, r *http.Request) error {
	if !anyHost(r) && !e.ours(r.Host) {
		e.refuse(r, "for another host", r.Host, e.host())
		err := fmt.Errorf("host %q: %w", CleanHeader(r.Host), fault.WrongHost)
		if sameName(r.Host, e.host()) {
			err = fmt.Errorf("%w: %w", err, errSetUp)
		}
		return err
	}
	if !cleanText(r.URL.Path) {
		return fmt.Errorf("path: %w", fault.NotFound)
	}
	if err := e.crossOrigin(cross, r); err != nil {
		return err
	}
	return readForm(w, r)
}

// crossOrigin refuses what another site sends in a visitor's name: requests that the browser marks as such (Sec-Fetch-Site),
// and, if they are unsafe, those with an Origin that is not exactly our own scheme, host and port.
func (e *Edge) crossOrigin(cross *http.CrossOriginProtection, r *http.Request) error {
	origins, site := r.Header.Values("Origin"), r.Header.Values("Sec-Fetch-Site")
	other := cross.Check(r) != nil
	if !other && (Safe(r.Method) || len(origins) == 0) {
		return nil
	}
	came, want := strings.Join(origins, ", "), e.origin(r)
	refused := func(reason string) error {
		e.refuse(r, reason, came, want)
		err := fmt.Errorf("origin %q, Sec-Fetch-Site %q: %w", CleanHeader(came), CleanHeader(strings.Join(site, ", ")), fault.CrossOrigin)
		if sameNameOf(came, want) {
			err = fmt.Errorf("%w: %w", err, errSetUp)
		}
		return err
	}
	if other {
		return refused("from another site")
	}
	switch {
	case came == want:
		return nil
	// A proxy that sets "Referrer-Policy: no-referrer" makes browsers send this with our own forms. No page can set
	// Sec-Fetch-Site: the browser's own word is enough.
	case came == "null" && len(site) == 1 && site[0] == "same-origin":
		return nil
	}
	return refused("from another origin")
}

// sameNameOf reports whether two origins differ, and in scheme or port alone.
func sameNameOf(came, want string) bool {
	from, errFrom := url.Parse(came)
	to, errTo := url.Parse(want)
	return errFrom == nil && errTo == nil && came != want && from.Host != "" && sameName(from.Host, to.Host)
}

// moved redirects a page that is asked for by one of the extra names to Base, so that there is one site and one cookie. It
// reports whether it did.
func (e *Edge) moved(w http.ResponseWriter, r *http.Request) bool {
	if e.Base == nil || healthCheck(r) || r.Method != http.MethodGet && r.Method != http.MethodHead || e.isBase(r.Host) || !e.isExtra(r.Host) {
		return false
	}
	w.Header().Set("Cache-Control", "no-cache") // else browsers would go there even when the site has moved on
	http.Redirect(w, r, e.Base.String()+r.URL.RequestURI(), http.StatusPermanentRedirect)
	return true
}

// anyHost reports whether a path is served under any name: health checks, and the files of the page that refuses a wrong name.
func anyHost(r *http.Request) bool {
	return healthCheck(r) || strings.HasPrefix(r.URL.Path, "/static/")
}

func healthCheck(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// ours reports whether the host is one that we answer for.
func (e *Edge) ours(host string) bool {
	return e.isBase(host) || e.isExtra(host) || e.Loopback && Loopback(host)
}

func (e *Edge) isBase(host string) bool {
	if e.Base == nil {
		return false
	}
	// Some clients write the scheme's own port.
	return strings.TrimSuffix(strings.ToLower(host), map[string]string{"http": ":80", "https": ":443"}[e.Base.Scheme]) == e.Base.Host
}

func (e *Edge) isExtra(host string) bool {
	host = strings.ToLower(host)
	return slices.Contains(e.ExtraHosts, host) || slices.Contains(e.ExtraHosts, hostname(host))
}

// host is the host that a request should be for.
func (e *Edge) host() string {
	if e.Base != nil {
		return e.Base.Host
	}
	return "localhost"
}

// origin is the Origin of our own forms. In development without BASE_URL the site is wherever it is asked.
func (e *Edge) origin(r *http.Request) string {
	if e.Base != nil {
		return e.Base.Scheme + "://" + e.Base.Host
	}
	return "http://" + strings.ToLower(r.Host)
}

// hostname returns a host without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

func sameName(a, b string) bool { return strings.EqualFold(hostname(a), hostname(b)) }

// Loopback reports whether a host, with or without a port, is this machine: localhost, a name below it (RFC 6761,
// 6.3), or a loopback address.
func Loopback(host string) bool {
	name := strings.ToLower(hostname(host))
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback() || name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// refuse logs what came and what was expected, so that a mistake in the settings is seen: at warn, and at most once a minute
// for each reason, so that nobody can fill the log.
func (e *Edge) refuse(r *http.Request, reason, came, expected string) {
	if last, _ := e.refused.LoadOrStore(reason, &Minutely{}); !last.(*Minutely).Due(e.Now()) {
		return
	}
	e.Log.Warn("request refused: it is "+reason, slog.String("request", RequestOf(r.Context()).ID),
		slog.String("came", CleanHeader(came)), slog.String("expected", expected))
}
