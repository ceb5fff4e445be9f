package account

import (
	"errors"
	"net/http"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

func (p *Pages) editPassword(w http.ResponseWriter, r *http.Request) error {
	f := p.newForm(r)
	if !f.HasPassword {
		return web.Render(w, r, http.StatusOK, noPasswordPage())
	}
	return web.Render(w, r, http.StatusOK, passwordPage(f))
}

func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	f, u := p.newForm(r), login.Current(r)
	current := r.PostFormValue("current")
	f.Problems.Check(current != "", "current", "Write your current password.")
	checked, problem := p.Policy.Check(r.Context(), r.PostFormValue("password"), password.Personal{Email: u.Email, Name: u.Name})
	f.Problems.Check(problem == "", "password", problem)
	if len(f.Problems) == 0 {
		known, err := p.Account.ChangePassword(r.Context(), current, checked, p.Login.Known(r))
		if err == nil {
			p.Login.SetKnownCookie(w, known)
			session.Flash(r.Context(), "Your password was changed. You were logged out everywhere else.")
			return web.SeeOther(w, r, "/account/devices")
		}
		if !errors.Is(err, login.ErrWrong) {
			return err
		}
		f.Problems["current"] = "This is not your current password."
	}
	return web.Render(w, r, http.StatusUnprocessableEntity, passwordPage(f))
}
