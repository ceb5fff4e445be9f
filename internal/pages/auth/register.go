package auth

import (
	"errors"
	"net/http"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

func (p *Pages) showRegister(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("invite") {
		return p.keepOpened(w, r, registerPath, r.FormValue("invite"))
	}
	if err := p.Account.Invited(r.Context(), readOpened(r, registerPath)); err != nil {
		return p.closed(w, r, err)
	}
	return p.renderRegister(w, r, http.StatusOK, p.readForm(r))
}

func (p *Pages) renderRegister(w http.ResponseWriter, r *http.Request, status int, f form) error {
	part, err := p.places.Register.On(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, registerPage(f, part))
}

func (p *Pages) closed(w http.ResponseWriter, r *http.Request, err error) error {
	if !errors.Is(err, account.ErrClosed) {
		return err
	}
	return web.Render(w, r, http.StatusForbidden, closedPage(p.Account.Registration == "invite"))
}

func (p *Pages) register(w http.ResponseWriter, r *http.Request) error {
	ctx, invite := r.Context(), readOpened(r, registerPath)
	if err := p.Account.Invited(ctx, invite); err != nil {
		return p.closed(w, r, err)
	}
	f := p.readForm(r)
	profile := user.Profile{Name: f.Name}.Clean()
	f.Problems.Check(user.ValidEmail(f.Email), "email", user.EmailProblem)
	for field, problem := range profile.Problems() {
		f.Problems[field] = problem
	}
	checked, problem := p.Policy.Check(ctx, f.Password, password.Personal{Email: f.Email, Name: f.Name})
	f.Problems.Check(problem == "", "password", problem)
	if len(f.Problems) > 0 {
		return p.renderRegister(w, r, http.StatusUnprocessableEntity, f)
	}
	known, err := p.Account.Register(ctx, account.Registration{
		Email: f.Email, Password: checked, Profile: profile, Known: p.Login.Known(r), Invite: invite,
	})
	switch {
	case errors.Is(err, user.ErrTaken):
		f.Problems["email"] = "There is an account with this address. Log in instead, or take another address."
		return p.renderRegister(w, r, http.StatusUnprocessableEntity, f)
	case errors.Is(err, link.ErrLink):
		f.Problems["email"] = "Your invitation is for another address."
		return p.renderRegister(w, r, http.StatusUnprocessableEntity, f)
	case err != nil:
		return err
	}
	p.Login.SetKnownCookie(w, known)
	if p.Account.Verifies() {
		return web.SeeOther(w, r, "/register/sent")
	}
	session.Flash(ctx, "Welcome. Your account is ready, and you are logged in.")
	return web.SeeOther(w, r, afterLogIn)
}

// registerSent says the same to everybody: who has an account already is told by mail.
func (p *Pages) registerSent(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, sentPage("One step is left", "We have sent a mail to your address. Press the button in it, and your account is ready."))
}
