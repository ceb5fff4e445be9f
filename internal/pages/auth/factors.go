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
	return doneWith(r, removePath, factorsRemoved, p.Factors.RemoveByLink(r.Context(), hash))
}

func factorsRemoved(*http.Request, string, bool) (to, message string) {
	return "/login", "Your second factors were removed. Log in with your password, and set up a new one."
}

func (p *Pages) showKeep(w http.ResponseWriter, r *http.Request, l link.Link) error {
	return web.Render(w, r, http.StatusOK, keepFactorsPage(l, link.Tag(readOpened(r, keepPath))))
}

func (p *Pages) keepFactors(_ http.ResponseWriter, r *http.Request, hash string) (to string, err error) {
	return doneWith(r, keepPath, factorsKept, p.Factors.KeepByLink(r.Context(), hash))
}

func factorsKept(*http.Request, string, bool) (to, message string) {
	return "/password/forgot", "Nothing is removed. Somebody knows your password, if it was not you: choose a new one."
}

// doneWith forgets the link of a page whose act has gone well, and says what was done.
func doneWith(r *http.Request, page string, done done, err error) (to string, _ error) {
	if err != nil {
		return "", err
	}
	opened.Delete(r.Context(), page)
	to, message := done(r, "", false)
	session.Flash(r.Context(), message)
	return to, nil
}
