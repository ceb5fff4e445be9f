package auth

import (
	"errors"
	"net/http"

	"example.com/latchkey/internal/cookie"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// An act does what a link's button is for, and returns where that leads; "" if it has answered itself. Of a link that does
// not work it returns link.ErrLink.
type act func(w http.ResponseWriter, r *http.Request, hash string) (to string, err error)

// A done says where an act for this purpose has led, and what was said there. in reports whether it has logged in.
type done func(r *http.Request, purpose string, in bool) (to, message string)

// press makes the handler of the button on a link's page. Pressed twice by one browser within a minute, it is read as done:
// the second press is answered by again, and changes nothing. The second often comes with a token that the first has
// revoked, so the route accepts these.
func (p *Pages) press(page string, do act, again done) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		browsers, hash := p.browsers(r), readOpened(r, page)
		if len(browsers) > 0 {
			r = r.WithContext(link.By(r.Context(), browsers[0]))
		}
		ctx := r.Context()
		to, err := do(w, r, hash)
		if errors.Is(err, link.ErrLink) {
			_, purpose, failed := p.Account.Links.JustUsed(ctx, browsers, r.PostFormValue("link"), purposes[page]...)
			if failed != nil {
				return p.brokenLink(w, r, page, errors.Join(err, failed))
			}
			ended, err := p.Sessions.Ended(ctx)
			resumed := false
			if ended {
				resumed, err = p.Sessions.Resume(ctx) // where the first press has logged in
			}
			if err != nil {
				return err
			}
			to, message := again(r, purpose, resumed)
			if !ended || resumed { // otherwise it is said to the session that the first press has left behind
				session.Flash(ctx, message)
			}
			return web.SeeOther(w, r, to)
		}
		if err != nil || to == "" {
			return err
		}
		if len(browsers) > 0 { // who goes back and presses once more comes with the new token
			if err := p.Account.Links.NoteUse(ctx, hash, session.TokenHash(ctx)); err != nil {
				return err
			}
		}
		return web.SeeOther(w, r, to)
	}
}

// browsers are the hashes of the session tokens that a request came with, revoked or not.
func (p *Pages) browsers(r *http.Request) (hashes []string) {
	for _, token := range cookie.Tokens(r, p.Sessions.CookieName) {
		hashes = append(hashes, secret.Hash(token))
	}
	return hashes
}
