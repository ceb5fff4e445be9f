// Package cookie reads and expires the cookies of one name, of which a browser may send several: after COOKIE_DOMAIN was
// changed, or when a sibling host planted one.
package cookie

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"example.com/latchkey/internal/secret"
)

// maxTokens is how many cookies of one name are looked up for one request.
const maxTokens = 4

// Tokens returns the tokens in the cookies of this name, at most four, and only those of the right form. The first is the one
// that we set last for the whole site: browsers send cookies with longer paths first, and of equal paths the older one first
// (RFC 6265, 5.4), so it comes last.
func Tokens(r *http.Request, name string) (tokens []string) {
	for _, c := range slices.Backward(r.CookiesNamed(name)) {
		if secret.Valid(c.Value) && !slices.Contains(tokens, c.Value) && len(tokens) < maxTokens {
			tokens = append(tokens, c.Value)
		}
	}
	return tokens
}

// Several reports whether the request carries more than one cookie of this name. Most requests do not, and for those nothing
// is parsed.
func Several(r *http.Request, name string) bool {
	n := 0
	for _, line := range r.Header["Cookie"] {
		n += strings.Count(line, name)
	}
	return n > 1 && len(r.CookiesNamed(name)) > 1
}

// maxPaths bounds the paths for which Strays expires cookies.
const maxPaths = 8

// Strays returns cookies that expire all others with the name of ours that this request may carry: the host-only one from
// before COOKIE_DOMAIN was set, those of this host and of each domain above it, and those that a sibling host set for a path
// that leads here. A name that begins with __Host- has none (RFC 6265bis, 4.1.3).
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
