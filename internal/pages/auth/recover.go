package auth

import (
	"net/http"

	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

func (p *Pages) showForgot(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, forgotPage(p.readForm(r), p.Mail.On()))
}

func (p *Pages) forgot(w http.ResponseWriter, r *http.Request) error {
	f := p.readForm(r)
	if !p.Mail.On() {
		return web.Render(w, r, http.StatusOK, forgotPage(f, false))
	}
	if f.Problems.Add("email", p.Users.EmailProblem(f.Email)); len(f.Problems) > 0 {
		return web.Render(w, r, http.StatusUnprocessableEntity, forgotPage(f, true))
	}
	if err := p.Account.Forgot(r.Context(), f.Email); err != nil {
		return err
	}
	return web.SeeOther(w, r, sentPath)
}

// forgotSent says the same whether there is an account or not.
func (p *Pages) forgotSent(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, sentPage("Check your mail",
		"If there is an account with this address, we have sent a mail to it. Its link works for one hour."))
}

func (p *Pages) showReset(w http.ResponseWriter, r *http.Request, l link.Link) error {
	return web.Render(w, r, http.StatusOK, resetPage(p.readForm(r), l, tag(readOpened(r, resetPath))))
}

func (p *Pages) reset(w http.ResponseWriter, r *http.Request) error {
	ctx, hash := r.Context(), readOpened(r, resetPath)
	l, err := p.Account.Links.Find(ctx, hash, purposes[resetPath]...)
	if err != nil {
		return p.brokenLink(w, r, resetPath, err)
	}
	f := p.readForm(r)
	checked, problem := p.Policy.Check(ctx, f.Password, password.Personal{Email: l.Email, Name: l.Name})
	if f.Problems.Add("password", problem); len(f.Problems) > 0 {
		return web.Render(w, r, http.StatusUnprocessableEntity, resetPage(f, l, tag(hash)))
	}
	known, err := p.Account.ResetPassword(ctx, hash, checked)
	if err != nil {
		return p.brokenLink(w, r, resetPath, err)
	}
	p.Login.SetKnownCookie(w, known)
	opened.Delete(ctx, resetPath)
	session.Flash(ctx, "The password of "+l.Email+" was changed.")
	return web.SeeOther(w, r, "/login")
}
