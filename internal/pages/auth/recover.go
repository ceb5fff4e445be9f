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
	if err := p.Account.Forgot(r.Context(), f.Email, f.Next); err != nil {
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
	return web.Render(w, r, http.StatusOK, resetPage(p.readForm(r), l, link.Tag(readOpened(r, resetPath))))
}

func (p *Pages) reset(w http.ResponseWriter, r *http.Request, hash string) (to string, err error) {
	ctx := r.Context()
	l, err := p.Account.Links.Find(ctx, hash, purposes[resetPath]...)
	if err != nil {
		return "", err
	}
	f := p.readForm(r)
	checked, problem := p.Policy.Check(ctx, f.Password, password.Personal{Email: l.Email, Name: l.Name})
	if f.Problems.Add("password", problem); len(f.Problems) > 0 {
		return "", web.Render(w, r, http.StatusUnprocessableEntity, resetPage(f, l, link.Tag(hash)))
	}
	known, err := p.Account.ResetPassword(ctx, hash, checked)
	if err != nil {
		return "", err
	}
	p.Login.SetKnownCookie(w, known)
	opened.Delete(ctx, resetPath)
	fillIn(r, l.Email)
	session.Flash(ctx, "The password of "+l.Email+" was changed.")
	return withNext("/login", web.LocalPath(l.Next)), nil
}

// resetDone answers the second press.
func resetDone(r *http.Request, _ string, _ bool) (to, message string) {
	email, ok := filledIn.Get(r.Context())
	if !ok {
		email = "your account"
	}
	return "/login", "The password of " + email + " was changed."
}
