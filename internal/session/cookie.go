package session

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"example.com/latchkey/internal/secret"
)

const (
	// maxTokens is how many cookies of our name are looked up for one request.
	maxTokens = 4
	// maxPaths bounds the paths for which other cookies of our name are expired with one answer.
	maxPaths = 8
)

// tokens returns the tokens that the request presents, at most four of the right form. Browsers send two cookies of one
// name after COOKIE_DOMAIN was changed, or when a sibling host planted one: longer paths first, and of equal paths the
// older one first (RFC 6265, 5.4). So the last is the one that we handed out last for the whole site, and stands first
// here.
func (s *Sessions) tokens(r *http.Request) []string { return Tokens(r, s.CookieName) }

// Tokens returns the values of the cookies of one name that have the form of a secret, at most four: see tokens.
func Tokens(r *http.Request, name string) (tokens []string) {
	cookies := r.CookiesNamed(name)
	for _, c := range slices.Backward(cookies) {
		if secret.Valid(c.Value) && !slices.Contains(tokens, c.Value) && len(tokens) < maxTokens {
			tokens = append(tokens, c.Value)
		}
	}
	return tokens
}

// several reports whether the request has more cookies of our name than one. Most have not, which is seen without parsing.
func (s *Sessions) several(r *http.Request) bool {
	n := 0
	for _, line := range r.Header["Cookie"] {
		n += strings.Count(line, s.CookieName)
	}
	return n > 1 && len(r.CookiesNamed(s.CookieName)) > 1
}

// newCookie returns the cookie that carries the token. It outlives the browser if lasting.
func (s *Sessions) newCookie(token string, lasting bool) *http.Cookie {
	c := &http.Cookie{
		Name: s.CookieName, Value: token, Path: "/", Domain: s.CookieDomain,
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode,
	}
	if lasting {
		c.MaxAge = int(cookieAge.Seconds())
	}
	return c
}

// expired returns the cookie that takes ours away.
func (s *Sessions) expired() *http.Cookie {
	c := s.newCookie("", false)
	c.MaxAge = -1
	return c
}

// Strays returns cookies that expire every other one of the name of ours which this request may have come with: host-only,
// from before COOKIE_DOMAIN was set; of this host or a domain above it, for the whole site or, as a sibling host may set
// it, for a path that leads here. Of a name that begins with __Host- there is none (RFC 6265bis, 4.1.3).
func Strays(r *http.Request, ours http.Cookie) (strays []*http.Cookie) {
	if strings.HasPrefix(ours.Name, "__Host-") {
		return nil
	}
	own := strings.ToLower(strings.TrimPrefix(ours.Domain, "."))
	for _, domain := range domains(r.Host) {
		for _, path := range paths(r.URL.EscapedPath()) {
			if domain == own && path == "/" || domain == "" && path != "/" {
				continue // ours, or what nobody but us could set
			}
			c := ours
			c.Value, c.MaxAge, c.Domain, c.Path = "", -1, domain, path
			if c.Valid() == nil { // net/http drops an attribute that is not valid, and what is left might be ours
				strays = append(strays, &c)
			}
		}
	}
	return strays
}

// domains returns the Domain attributes that a cookie for this host can have: "" for host-only, the host, and the
// domains above it. An address or a name without a dot has none (RFC 6265, 5.1.3).
func domains(host string) []string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	list := []string{""}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return list
	}
	for host = strings.ToLower(host); strings.Contains(host, "."); _, host, _ = strings.Cut(host, ".") {
		list = append(list, host)
	}
	return list
}

// paths returns the Path attributes of cookies that are sent with this path (RFC 6265, 5.1.4), the shortest first.
func paths(path string) []string {
	list := []string{"/"}
	for i := 1; i <= len(path) && len(list) < maxPaths; i++ {
		if i == len(path) || path[i] == '/' {
			list = append(list, path[:i])
			if i < len(path) {
				list = append(list, path[:i+1])
			}
		}
	}
	return slices.Compact(list)
}

// mayCreate reports whether this is a top-level page load, which may create a session; prefetches and what a page loads
// by itself may not.
func mayCreate(r *http.Request) bool { return r.Method == http.MethodGet && isDocument(r) }

// isDocument reports whether the answer becomes a page in front of a person: not that of HEAD, of a prefetch or a
// prerender, of a script's fetch, an image or a frame.
func isDocument(r *http.Request) bool {
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
