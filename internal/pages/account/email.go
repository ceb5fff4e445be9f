package account

import (
	"net/http"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

func (p *Pages) editEmail(w http.ResponseWriter, r *http.Request) error {
	f := p.newForm(r)
	f.Email = ""
	return web.Render(w, r, http.StatusOK, emailPage(f, login.Current(r), p.Mail.On()))
}

// changeEmail begins a change of address. Nothing changes until the new address is verified.
func (p *Pages) changeEmail(w http.ResponseWriter, r *http.Request) error {
	f, u := p.newForm(r), login.Current(r)
	f.Email = r.PostFormValue("email")
	f.Problems.Add("email", p.Users.EmailProblem(f.Email))
	f.Problems.Check(user.NormalizeEmail(f.Email) != user.NormalizeEmail(u.Email), "email", "This is your address already.")
	if len(f.Problems) > 0 || !p.Mail.On() {
		return web.Render(w, r, http.StatusUnprocessableEntity, emailPage(f, u, p.Mail.On()))
	}
	if err := p.Account.RequestEmail(r.Context(), f.Email); err != nil {
		return err
	}
	session.Flash(r.Context(), "We have sent a mail to "+user.CleanEmail(f.Email)+". Press the button in it to make it your address.")
	return web.SeeOther(w, r, "/account")
}

// cancelEmail gives up a change of address that waits. Pressed twice, it says the same.
func (p *Pages) cancelEmail(w http.ResponseWriter, r *http.Request) error {
	if err := p.Account.CancelEmail(r.Context()); err != nil {
		return err
	}
	session.Flash(r.Context(), "No change is waiting. Your address is "+login.Current(r).Email+".")
	return web.SeeOther(w, r, "/account")
}
