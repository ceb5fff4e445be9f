package auth

import (
	"net/http"

	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

func (p *Pages) showRemove(w http.ResponseWriter, r *http.Request, l link.Link) error {
	return web.Render(w, r, http.StatusOK, removeFactorsPage(l, link.Tag(readOpened(r, removePath))))
}

func (p *Pages) removeFactors(_ http.ResponseWriter, r *http.Request, hash string) (to string, err error) {
	if err := p.Factors.RemoveByLink(r.Context(), hash); err != nil {
		return "", err
	}
	return p.doneWith(r, removePath, factorsRemoved)
}

func factorsRemoved(*http.Request, string, bool) (to, message string) {
	return "/login", "Your second factors were removed. Log in with your password, and set up a new one."
}

func (p *Pages) showKeep(w http.ResponseWriter, r *http.Request, l link.Link) error {
	return web.Render(w, r, http.StatusOK, keepFactorsPage(l, link.Tag(readOpened(r, keepPath))))
}

func (p *Pages) keepFactors(_ http.ResponseWriter, r *http.Request, hash string) (to string, err error) {
	if err := p.Factors.KeepByLink(r.Context(), hash); err != nil {
		return "", err
	}
	return p.doneWith(r, keepPath, factorsKept)
}

func factorsKept(*http.Request, string, bool) (to, message string) {
	return "/password/forgot", "Nothing is removed. Somebody knows your password, if it was not you: choose a new one."
}

// doneWith forgets the link of a page that was used, and says what was done.
func (p *Pages) doneWith(r *http.Request, page string, done done) (string, error) {
	opened.Delete(r.Context(), page)
	to, message := done(r, "", false)
	session.Flash(r.Context(), message)
	return to, nil
}
