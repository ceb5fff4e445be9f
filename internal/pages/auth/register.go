package auth

import (
	"errors"
	"net/http"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

func (p *Pages) showRegister(w http.ResponseWriter, r *http.Request) error {
	if u, in := login.From(r.Context()); in { // the guard lets only invitations through
		return p.showInvited(w, r, u)
	}
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
	f := p.readForm(r)
	if u, in := login.From(ctx); in {
		if session.Repeats(ctx) {
			return p.registeredTwice(w, r, u, f.Next)
		}
		if user.NormalizeEmail(u.Email) != user.NormalizeEmail(f.Email) {
			session.Flash(ctx, "You are logged in as "+u.Email+". Log out first to register somebody else.")
		}
		return web.SeeOther(w, r, web.LocalPathOr(f.Next, afterLogIn))
	}
	if err := p.Account.Invited(ctx, invite); err != nil {
		return p.closed(w, r, err)
	}
	profile := user.Profile{Name: f.Name}.Clean()
	f.Problems.Add("email", p.Users.EmailProblem(f.Email))
	for field, problem := range profile.Problems() {
		f.Problems[field] = problem
	}
	checked, problem := p.Policy.Check(ctx, f.Password, password.Personal{Email: f.Email, Name: f.Name})
	f.Problems.Add("password", problem)
	if len(f.Problems) > 0 {
		return p.renderRegister(w, r, http.StatusUnprocessableEntity, f)
	}
	known, err := p.Account.Register(ctx, account.Registration{
		Email: f.Email, Password: checked, Profile: profile, Known: p.Login.Known(r), Invite: invite, Next: f.Next,
	})
	if errors.Is(err, user.ErrTaken) { // perhaps by the same form, sent a moment before
		resumed, failed := p.Sessions.Resume(ctx)
		if resumed {
			u, err := p.Users.ByEmail(ctx, f.Email)
			if err != nil {
				return err
			}
			return p.registeredTwice(w, r, u, f.Next)
		}
		err = errors.Join(err, failed)
	}
	switch {
	case errors.Is(err, user.ErrReserved):
		f.Problems["email"] = "This address is not free at the moment. Take another one."
		return p.renderRegister(w, r, http.StatusUnprocessableEntity, f)
	case errors.Is(err, user.ErrTaken):
		f.Problems["email"] = "There is an account with this address. Log in instead, or take another address."
		return p.renderRegister(w, r, http.StatusUnprocessableEntity, f)
	case errors.Is(err, link.ErrLink):
		f.Problems["email"] = "Your invitation is for another address."
		return p.renderRegister(w, r, http.StatusUnprocessableEntity, f)
	case err != nil:
		return err
	}
	if p.Account.Verifies() {
		p.Login.SetKnownCookie(w, known)
		return web.SeeOther(w, r, "/register/sent")
	}
	return p.registered(w, r, known, f.Next)
}

func (p *Pages) registered(w http.ResponseWriter, r *http.Request, known, next string) error {
	p.Login.SetKnownCookie(w, known)
	session.Flash(r.Context(), welcome)
	return p.GoOn(w, r, next)
}

// registeredTwice answers the second press of the button. The browser may have dropped the answer to the first, and with
// it the cookie by which it is known.
func (p *Pages) registeredTwice(w http.ResponseWriter, r *http.Request, u user.User, next string) error {
	known, err := p.Account.KnowAgain(r.Context(), u, p.Login.Known(r))
	if err != nil {
		return err
	}
	return p.registered(w, r, known, next)
}

// showInvited shows an invitation to somebody who is logged in: it may be for somebody else.
func (p *Pages) showInvited(w http.ResponseWriter, r *http.Request, u user.User) error {
	l, err := p.Account.Links.Find(r.Context(), link.Hash(r.FormValue("invite")), purposes[registerPath]...)
	if err != nil {
		return p.brokenLink(w, r, registerPath, err)
	}
	return web.Render(w, r, http.StatusOK, invitedPage(u.Email, l.Email))
}

// registerSent says the same to everybody: who has an account already is told by mail.
func (p *Pages) registerSent(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, sentPage("One step left", "We have sent a mail to your address. Press the button in it, and your account is ready."))
}
