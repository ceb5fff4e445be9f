package account

import (
	"net/http"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

func (p *Pages) askDelete(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, deletePage(p.newForm(r), login.Current(r)))
}

// delete erases the account and everything in it.
func (p *Pages) delete(w http.ResponseWriter, r *http.Request) error {
	f, u := p.newForm(r), login.Current(r)
	if f.Problems.Check(r.PostFormValue("confirm") != "", "confirm", "Tick the box, if you are sure."); len(f.Problems) > 0 {
		return web.Render(w, r, http.StatusUnprocessableEntity, deletePage(f, u))
	}
	if err := p.login.DeleteAccount(r.Context(), u.ID); err != nil {
		return err
	}
	p.login.KeepKnown(w, "")
	w.Header().Set("Clear-Site-Data", `"cache"`)
	session.Flash(r.Context(), "Your account was deleted, with everything in it.")
	return web.SeeOther(w, r, "/")
}
