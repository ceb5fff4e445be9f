package account

import (
	"errors"
	"net/http"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

func (p *Pages) askDelete(w http.ResponseWriter, r *http.Request) error {
	return p.showDelete(w, r, http.StatusOK, p.newForm(r))
}

// showDelete names what would be erased.
func (p *Pages) showDelete(w http.ResponseWriter, r *http.Request, status int, f form) error {
	u := login.Current(r)
	held, err := p.Holdings(r.Context(), p.tables, u.ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, deletePage(f, u, held, p.leaving))
}

// delete erases the account and everything in it.
func (p *Pages) delete(w http.ResponseWriter, r *http.Request) error {
	f, u := p.newForm(r), login.Current(r)
	if f.Problems.Check(r.PostFormValue("confirm") != "", "confirm", "Tick the box if you are sure."); len(f.Problems) > 0 {
		return p.showDelete(w, r, http.StatusUnprocessableEntity, f)
	}
	err := p.Account.Delete(r.Context(), u.ID)
	if errors.Is(err, fault.NotFound) { // the first press of the button was faster
		return web.SeeOther(w, r, "/login") // as the guard says to one that comes later
	}
	if err != nil {
		return err
	}
	p.Login.ExpireKnownCookie(w, r)
	session.Flash(r.Context(), "Your account was deleted, with everything in it.")
	return web.SeeOther(w, r, "/")
}
