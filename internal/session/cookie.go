package session

import (
	"net/http"
	"slices"

	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/web"
)

// maxTokens is how many cookies of our name are looked up for one request.
const maxTokens = 4

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

// mayCreate reports whether this is a top-level page load, which may create a session; prefetches and what a page loads
// by itself may not.
func mayCreate(r *http.Request) bool { return r.Method == http.MethodGet && web.IsDocument(r) }
