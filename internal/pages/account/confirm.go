package account

import (
	"errors"
	"net/http"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/web"
)

func (p *Pages) showConfirm(w http.ResponseWriter, r *http.Request) error {
	return p.renderConfirm(w, r, http.StatusOK, p.newForm(r))
}

func (p *Pages) renderConfirm(w http.ResponseWriter, r *http.Request, status int, f form) error {
	part, err := p.places.Confirm.On(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, confirmPage(f, part))
}

// confirm makes the login fresh, and leads back to where the person was going.
func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	f := p.newForm(r)
	err := p.Login.Confirm(r.Context(), r.PostFormValue("password"))
	if errors.Is(err, login.ErrWrong) {
		f.Problems["password"] = "This is not your password."
		return p.renderConfirm(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, f.Next)
}

// confirmTitle is what the page to confirm is called.
func (f form) confirmTitle() string {
	if f.HasPassword {
		return "Confirm your password"
	}
	return "Confirm that it is you"
}

// asked is what that page asks for.
func (f form) asked() string {
	if f.HasPassword {
		return "your password"
	}
	return "what you log in with"
}
