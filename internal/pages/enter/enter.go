// Package enter is the way in and out: register, log in, log out.
package enter

import (
	"errors"
	"net/http"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// Pages are the pages to register, log in and log out.
type Pages struct{ login *login.Module }

// New returns the pages.
func New(m *login.Module) *Pages { return &Pages{m} }

// Routes are the lines of the map for these pages. Who logs in or out may come with a token that was just ended.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		web.Guest.At("GET /register", p.showRegister),
		web.Guest.At("POST /register", p.register).EvenWhenEnded(),
		web.Guest.At("GET /login", p.showLogIn),
		web.Guest.At("POST /login", p.logIn).EvenWhenEnded(),
		web.Public.At("POST /logout", p.logOut).EvenWhenEnded(),
	}
}

// afterEntering is where a visitor goes who did not ask for a page.
const afterEntering = "/account"

// A form is what was typed into either page, and what is wrong with it.
type form struct {
	Name, Email, Password string
	Remember              bool
	Next                  string
	MinPassword           int
	Problems              web.Problems
}

func (p *Pages) readForm(r *http.Request) form {
	return form{
		Name: r.PostFormValue("name"), Email: r.PostFormValue("email"), Password: r.PostFormValue("password"),
		Remember: r.PostFormValue("remember") != "", Next: web.LocalPath(r.FormValue("next")),
		MinPassword: p.login.MinPassword, Problems: web.Problems{},
	}
}

func (p *Pages) showRegister(w http.ResponseWriter, r *http.Request) error {
	if !p.login.Open {
		return web.Render(w, r, http.StatusForbidden, closedPage())
	}
	return web.Render(w, r, http.StatusOK, registerPage(p.readForm(r)))
}

func (p *Pages) register(w http.ResponseWriter, r *http.Request) error {
	if !p.login.Open {
		return web.Render(w, r, http.StatusForbidden, closedPage())
	}
	f := p.readForm(r)
	profile := login.Profile{Name: f.Name}.Clean()
	f.Problems.Check(login.ValidEmail(f.Email), "email", login.IdentifierProblem)
	for field, problem := range profile.Problems() {
		f.Problems[field] = problem
	}
	if problem := p.login.PasswordProblem(f.Password, login.Context{Email: f.Email, Name: f.Name, Site: views.Site}); problem != "" {
		f.Problems["password"] = problem
	}
	if len(f.Problems) > 0 {
		return web.Render(w, r, http.StatusUnprocessableEntity, registerPage(f))
	}
	known, err := p.login.Register(r.Context(), login.Registration{
		Email: f.Email, Password: f.Password, Profile: profile, Known: p.login.Known(r),
	})
	if errors.Is(err, login.ErrTaken) {
		f.Problems["email"] = "There is an account with this address. Log in instead, or take another address."
		return web.Render(w, r, http.StatusUnprocessableEntity, registerPage(f))
	}
	if err != nil {
		return err
	}
	p.login.KeepKnown(w, known)
	session.Flash(r.Context(), "Welcome. Your account is ready, and you are logged in.")
	return web.SeeOther(w, r, afterEntering)
}

func (p *Pages) showLogIn(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, logInPage(p.readForm(r)))
}

func (p *Pages) logIn(w http.ResponseWriter, r *http.Request) error {
	f := p.readForm(r)
	known, err := p.login.LogIn(r.Context(), login.Try{
		Email: f.Email, Password: f.Password, Remember: f.Remember, Known: p.login.Known(r),
	})
	if errors.Is(err, login.ErrWrong) {
		f.Problems["email"] = "This address and password do not match."
		return web.Render(w, r, http.StatusUnprocessableEntity, logInPage(f))
	}
	if err != nil {
		return err
	}
	p.login.KeepKnown(w, known)
	return web.SeeOther(w, r, web.LocalPathOr(f.Next, afterEntering))
}

func (p *Pages) logOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.login.LogOut(r.Context()); err != nil {
		return err
	}
	// Never "cookies": it would take the fresh session's cookie, and the known browser's, too.
	w.Header().Set("Clear-Site-Data", `"cache"`)
	return web.SeeOther(w, r, "/")
}
