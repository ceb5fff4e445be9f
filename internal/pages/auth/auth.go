// Package auth is the way in and out: register, log in, log out, and what the links in mails lead to.
package auth

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// Pages are the pages to register, log in and log out.
type Pages struct {
	*feature.Core
	landing func(ctx context.Context) (string, error)
	ways    []views.Link
}

// New returns the pages. landing says where whoever has just logged in goes, "" to go where they wanted to; ways are more
// ways to log in.
func New(core *feature.Core, landing func(ctx context.Context) (string, error), ways []views.Link) *Pages {
	return &Pages{core, landing, ways}
}

// Routes are the lines of the map for these pages. Who logs in or out may come with a token that was just ended.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		web.Guest.At("GET /register", p.showRegister).Titled("Register"),
		web.Guest.At("POST /register", p.register).AcceptsRevoked().HashesPassword(),
		web.Public.At("GET /register/sent", p.registerSent).Titled("One step is left"),
		web.Guest.At("GET /login", p.showLogIn).Titled("Log in"),
		web.Guest.At("POST /login", p.logIn).AcceptsRevoked().HashesPassword(),
		web.Public.At("GET /login/status", p.status).WithoutVisit(),
		web.Public.At("POST /login/keep", p.keep),
		web.Public.At("POST /logout", p.logOut).AcceptsRevoked(),

		web.Public.At("GET /password/forgot", p.showForgot).Titled("Forgotten your password?"),
		web.Public.At("POST /password/forgot", p.forgot),
		web.Public.At("GET /password/forgot/sent", p.forgotSent).Titled("Check your mail"),
		web.Public.At("GET /password/reset", p.opens(resetPath, p.showReset)).Titled("Choose a new password"),
		web.Public.At("POST /password/reset", p.reset).HashesPassword(),
		web.Public.At("GET /verify-email", p.opens(verifyPath, p.showVerify)).Titled("Verify your address"),
		web.Public.At("POST /verify-email", p.verify),
		web.Private.At("POST /verify-email/resend", p.resend),
		web.Public.At("GET /account/email/undo", p.opens(undoPath, p.showUndo)).Titled("Take the old address back?"),
		web.Public.At("POST /account/email/undo", p.undo),
		web.Public.At("GET /not-me", p.opens(notMePath, p.showNotMe)).Titled("This wasn’t you?"),
		web.Public.At("POST /not-me", p.notMe),
	}
}

// afterLogIn is where a visitor goes who did not ask for a page.
const afterLogIn = "/account"

// A form is what was typed into either page, and what is wrong with it.
type form struct {
	Name, Email, Password string
	Remember              bool
	Next                  string
	RememberFor           time.Duration
	MinPassword           int
	Problems              web.Problems
}

func (p *Pages) readForm(r *http.Request) form {
	return form{
		Name: r.PostFormValue("name"), Email: r.PostFormValue("email"), Password: r.PostFormValue("password"),
		Remember: r.PostFormValue("remember") != "", Next: web.LocalPath(r.FormValue("next")),
		RememberFor: p.Login.RememberIdle, MinPassword: p.Policy.MinLength, Problems: web.Problems{},
	}
}

func (p *Pages) showLogIn(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, logInPage(p.readForm(r), p.ways))
}

func (p *Pages) logIn(w http.ResponseWriter, r *http.Request) error {
	f := p.readForm(r)
	known, err := p.Login.LogIn(r.Context(), login.Credentials{
		Email: f.Email, Password: f.Password, Remember: f.Remember, Known: p.Login.Known(r),
	})
	if errors.Is(err, login.ErrWrong) {
		f.Problems[""] = "This e-mail address and password do not match. Check both, or ask for a new password."
		return web.Render(w, r, http.StatusUnprocessableEntity, logInPage(f, p.ways))
	}
	if err != nil {
		return err
	}
	p.Login.SetKnownCookie(w, known)
	return p.land(w, r, web.LocalPathOr(f.Next, afterLogIn))
}

// land leads whoever has just logged in on, to next unless something waits for them.
func (p *Pages) land(w http.ResponseWriter, r *http.Request, next string) error {
	waits, err := p.landing(r.Context())
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, cmp.Or(waits, next))
}

func (p *Pages) logOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.Login.LogOut(r.Context()); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/")
}

// withNext adds the page that was asked for to the address of another way to log in.
func withNext(href, next string) string {
	if next == "" {
		return href
	}
	return href + "?" + url.Values{"next": {next}}.Encode()
}
