// Package auth is the way in and out: register, log in, log out, and what the links in mails lead to.
package auth

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// Pages are the pages to register, log in and log out.
type Pages struct {
	*feature.Core
	places feature.Places
}

// New returns the pages. places are what features add to them.
func New(core *feature.Core, places feature.Places) *Pages {
	return &Pages{core, places}
}

// Routes are the lines of the map for these pages. Who logs in or out, or presses a link's button, may come with a token
// that was just ended.
func (p *Pages) Routes() []web.Route {
	routes := []web.Route{
		web.Guest.At("GET /register", p.showRegister).ForUsersWith("invite").Titled("Register"),
		web.Guest.At("POST /register", p.register).AcceptsRevoked().HashesPassword(),
		web.Public.At("GET /register/sent", p.registerSent).Titled("One step left"),
		web.Guest.At("GET /login", p.showLogIn).Titled("Log in"),
		web.Guest.At("POST /login", p.logIn).AcceptsRevoked().HashesPassword(),
		web.Public.At("GET /login/status", p.status).WithoutVisit(),
		web.Public.At("POST /login/keep", p.keep),
		web.Public.At("POST /logout", p.logOut).AcceptsRevoked(),

		web.Public.At("GET /password/forgot", p.showForgot).Titled("Forgotten your password?"),
		web.Public.At("POST /password/forgot", p.forgot),
		web.Public.At("GET /password/forgot/sent", p.forgotSent).Titled("Check your mail"),
		web.Public.At("GET /password/reset", p.opens(resetPath, p.showReset)).Titled("Choose a new password"),
		web.Public.At("POST /password/reset", p.press(resetPath, p.reset, resetDone)).AcceptsRevoked().HashesPassword(),
		web.Public.At("GET /verify-email", p.opens(verifyPath, p.showVerify)).Titled("Verify your address"),
		web.Public.At("POST /verify-email", p.press(verifyPath, p.verify, verifiedAgain)).AcceptsRevoked(),
		web.Private.At("POST /verify-email/resend", p.resend),
	}
	for _, b := range p.buttons() {
		routes = append(routes, web.Public.At("GET "+b.path, p.opens(b.path, b.show)).Titled(b.title),
			web.Public.At("POST "+b.path, p.press(b.path, b.act, b.again)).AcceptsRevoked())
	}
	return routes
}

// afterLogIn is where a visitor goes who did not ask for a page.
const afterLogIn = "/account"

// A form is what was typed into either page, and what is wrong with it.
type form struct {
	Name, Email, Password string
	Remember              bool
	NoCookies             bool
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
	f := p.readForm(r)
	var named bool
	if f.Email, named = filledIn.Get(r.Context()); named {
		w.Header().Set("Cache-Control", "no-store")
	}
	f.NoCookies = p.noCookies(r)
	return p.renderLogIn(w, r, http.StatusOK, f)
}

func (p *Pages) renderLogIn(w http.ResponseWriter, r *http.Request, status int, f form) error {
	others, err := p.places.LogIn.Maybe(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, logInPage(f, others, login.LastWay(r.Context()) != ""))
}

// filledIn is the address that the log-in page begins with, of somebody who has just verified it or chosen its password.
var filledIn = session.NewKey[string]("auth.filled_in", session.DroppedAtLogin)

func fillIn(r *http.Request, email string) {
	if email != "" {
		filledIn.Set(r.Context(), email)
	}
}

// noCookies reports whether the browser comes from a page of ours that has given it a cookie, and brings none: it blocks
// them, and log in would lead back here again and again.
func (p *Pages) noCookies(r *http.Request) bool {
	from, _, _ := strings.Cut(web.CameFrom(r), "?")
	next, _, _ := strings.Cut(r.FormValue("next"), "?") // some send the page that led here
	return len(r.CookiesNamed(p.Sessions.CookieName)) == 0 && from != "" && (from == "/login" || from == "/register" || from == next)
}

func (p *Pages) logIn(w http.ResponseWriter, r *http.Request) error {
	f := p.readForm(r)
	if f.Problems.Add("email", p.Users.EmailProblem(f.Email)); len(f.Problems) > 0 {
		return p.renderLogIn(w, r, http.StatusUnprocessableEntity, f)
	}
	known, err := p.Login.LogIn(r.Context(), login.Credentials{
		Email: f.Email, Password: f.Password, Remember: f.Remember, Known: p.Login.Known(r), Next: f.Next,
	})
	if errors.Is(err, login.ErrWrong) {
		f.Problems[""] = "This e-mail address and password do not match. Check both, or ask for a new password."
		return p.renderLogIn(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	p.Login.SetKnownCookie(w, known)
	return p.GoOn(w, r, f.Next)
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
