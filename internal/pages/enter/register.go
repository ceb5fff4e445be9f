package enter

import (
	"errors"
	"net/http"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

func (p *Pages) showRegister(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("invite") {
		return p.keepOpened(w, r, registerPath, r.FormValue("invite"))
	}
	if err := p.login.Invited(r.Context(), readOpened(r, registerPath)); err != nil {
		return p.closed(w, r, err)
	}
	return web.Render(w, r, http.StatusOK, registerPage(p.readForm(r)))
}

func (p *Pages) closed(w http.ResponseWriter, r *http.Request, err error) error {
	if !errors.Is(err, login.ErrClosed) {
		return err
	}
	return web.Render(w, r, http.StatusForbidden, closedPage(p.login.Registration == "invite"))
}

func (p *Pages) register(w http.ResponseWriter, r *http.Request) error {
	ctx, invite := r.Context(), readOpened(r, registerPath)
	if err := p.login.Invited(ctx, invite); err != nil {
		return p.closed(w, r, err)
	}
	f := p.readForm(r)
	profile := login.Profile{Name: f.Name}.Clean()
	f.Problems.Check(login.ValidEmail(f.Email), "email", login.IdentifierProblem)
	for field, problem := range profile.Problems() {
		f.Problems[field] = problem
	}
	if problem := p.login.PasswordProblem(ctx, f.Password, login.Context{Email: f.Email, Name: f.Name, Site: views.Site}); problem != "" {
		f.Problems["password"] = problem
	}
	if len(f.Problems) > 0 {
		return web.Render(w, r, http.StatusUnprocessableEntity, registerPage(f))
	}
	known, err := p.login.Register(ctx, login.Registration{
		Email: f.Email, Password: f.Password, Profile: profile, Known: p.login.Known(r), Invite: invite,
	})
	switch {
	case errors.Is(err, login.ErrTaken):
		f.Problems["email"] = "There is an account with this address. Log in instead, or take another address."
		return web.Render(w, r, http.StatusUnprocessableEntity, registerPage(f))
	case errors.Is(err, login.ErrLink):
		f.Problems["email"] = "Your invitation is for another address."
		return web.Render(w, r, http.StatusUnprocessableEntity, registerPage(f))
	case err != nil:
		return err
	}
	p.login.KeepKnown(w, known)
	if p.login.Verifies() {
		return web.SeeOther(w, r, "/register/sent")
	}
	session.Flash(ctx, "Welcome. Your account is ready, and you are logged in.")
	return web.SeeOther(w, r, afterEntering)
}

// registerSent says the same to everybody: who has an account already is told by mail.
func (p *Pages) registerSent(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, sentPage("One step is left", "We have sent a mail to your address. Press the button in it, and your account is ready."))
}
