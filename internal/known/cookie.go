package known

import (
	"net/http"

	"example.com/latchkey/internal/cookie"
)

// knownCookie is for this host alone, whatever COOKIE_DOMAIN says, so that no other host of the domain can read it, nor,
// with https, plant one.
func (b *Browsers) knownCookie(token string) http.Cookie {
	return http.Cookie{
		Name: b.cookie, Value: token, Path: "/", MaxAge: int(knownFor.Seconds()),
		HttpOnly: true, Secure: b.secure, SameSite: http.SameSiteLaxMode,
	}
}

// SetKnownCookie gives the browser the token of known browsers.
func (b *Browsers) SetKnownCookie(w http.ResponseWriter, token string) {
	c := b.knownCookie(token)
	http.SetCookie(w, &c)
}

// ExpireKnownCookie takes the cookie of known browsers away, with whatever else of its name the browser may have.
func (b *Browsers) ExpireKnownCookie(w http.ResponseWriter, r *http.Request) {
	c := b.knownCookie("")
	c.MaxAge = -1
	for _, stray := range append(cookie.Strays(r, c), &c) {
		http.SetCookie(w, stray)
	}
}

// ExpireStrays expires what is not ours of a request's cookies of known browsers, if it came with more than one.
func (b *Browsers) ExpireStrays(w http.ResponseWriter, r *http.Request) {
	if !cookie.Several(r, b.cookie) {
		return
	}
	for _, stray := range cookie.Strays(r, b.knownCookie("")) {
		http.SetCookie(w, stray)
	}
}
