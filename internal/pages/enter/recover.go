package enter

import (
	"net/http"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

func (p *Pages) showForgot(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, forgotPage(p.readForm(r), p.login.Mail.On()))
}

func (p *Pages) forgot(w http.ResponseWriter, r *http.Request) error {
	f := p.readForm(r)
	if !p.login.Mail.On() {
		return web.Render(w, r, http.StatusOK, forgotPage(f, false))
	}
	if f.Problems.Check(login.ValidEmail(f.Email), "email", login.IdentifierProblem); len(f.Problems) > 0 {
		return web.Render(w, r, http.StatusUnprocessableEntity, forgotPage(f, true))
	}
	if err := p.login.Forgot(r.Context(), f.Email); err != nil {
		return err
	}
	return web.SeeOther(w, r, sentPath)
}

// forgotSent says the same whether there is an account or not.
func (p *Pages) forgotSent(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, sentPage("Check your mail",
		"If there is an account with this address, we have sent a mail to it. Its link works for one hour."))
}

func (p *Pages) showReset(w http.ResponseWriter, r *http.Request, l login.Link) error {
	return web.Render(w, r, http.StatusOK, resetPage(p.readForm(r), l, mark(readOpened(r, resetPath))))
}

func (p *Pages) reset(w http.ResponseWriter, r *http.Request) error {
	ctx, hash := r.Context(), readOpened(r, resetPath)
	l, err := p.login.Find(ctx, hash, purposes[resetPath]...)
	if err != nil {
		return p.dead(w, r, resetPath, err)
	}
	f := p.readForm(r)
	problem := p.login.PasswordProblem(ctx, f.Password, login.Context{Email: l.Email, Name: l.Name, Site: views.Site})
	if f.Problems.Check(problem == "", "password", problem); len(f.Problems) > 0 {
		return web.Render(w, r, http.StatusUnprocessableEntity, resetPage(f, l, mark(hash)))
	}
	known, err := p.login.ResetPassword(ctx, hash, f.Password)
	if err != nil {
		return p.dead(w, r, resetPath, err)
	}
	p.login.KeepKnown(w, known)
	opened.Delete(ctx, resetPath)
	session.Flash(ctx, "The password of "+l.Email+" was changed.")
	return web.SeeOther(w, r, "/login")
}
