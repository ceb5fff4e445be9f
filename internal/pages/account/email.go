package account

import (
	"net/http"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

func (p *Pages) editEmail(w http.ResponseWriter, r *http.Request) error {
	f := p.newForm(r)
	f.Email = ""
	return web.Render(w, r, http.StatusOK, emailPage(f, login.Current(r), p.login.Mail.On()))
}

// changeEmail begins a change of address. Nothing changes until the new address is proven.
func (p *Pages) changeEmail(w http.ResponseWriter, r *http.Request) error {
	f, u := p.newForm(r), login.Current(r)
	f.Email = r.PostFormValue("email")
	f.Problems.Check(login.ValidEmail(f.Email), "email", login.IdentifierProblem)
	f.Problems.Check(login.NormalizeEmail(f.Email) != login.NormalizeEmail(u.Email), "email", "This is your address already.")
	if len(f.Problems) > 0 || !p.login.Mail.On() {
		return web.Render(w, r, http.StatusUnprocessableEntity, emailPage(f, u, p.login.Mail.On()))
	}
	if err := p.login.AskNewEmail(r.Context(), u, f.Email); err != nil {
		return err
	}
	session.Flash(r.Context(), "We have sent a mail to "+login.CleanEmail(f.Email)+". Press the button in it, and it becomes your address.")
	return web.SeeOther(w, r, "/account")
}
