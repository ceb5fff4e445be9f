// Package account is where users look after their accounts: profile, address, password, and the browsers that are logged in.
package account

import (
	"errors"
	"net/http"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// Pages are the account's pages.
type Pages struct {
	*feature.Core
	tables  []database.Export
	leaving []views.Link
	places  feature.Places
}

// New returns the pages. tables are all that hold something of a user; leaving is what the page that deletes the account
// offers first; places are what features add to the pages.
func New(core *feature.Core, tables []database.Export, leaving []views.Link, places feature.Places) *Pages {
	return &Pages{core, tables, leaving, places}
}

// Routes are the lines of the map for these pages.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		web.Private.At("GET /account", p.overview).Titled("Profile"),
		web.Private.At("GET /account/profile", p.editProfile).Titled("Change your profile"),
		web.Private.At("POST /account/profile", p.saveProfile),
		web.Private.At("GET /account/password", p.editPassword).Titled("Change your password"),
		web.Private.At("POST /account/password", p.changePassword).HashesPassword(),
		web.Private.At("GET /account/devices", p.security).Titled("Login & security"),
		web.Fresh.At("POST /account/devices/{id}/end", p.endDevice),
		web.Fresh.At("GET /account/devices/end-others", p.askEndOthers).Titled("Log out your other devices"),
		web.Fresh.At("POST /account/devices/end-others", p.endOthers),
		web.Fresh.At("GET /account/security", p.security).Titled("Login & security"),
		web.Fresh.At("GET /account/email", p.editEmail).Titled("Change your e-mail address"),
		web.Fresh.At("POST /account/email", p.changeEmail),
		web.Private.At("POST /account/email/cancel", p.cancelEmail),
		web.Fresh.At("GET /account/delete", p.askDelete).Limited("account.holdings").Titled("Delete your account"),
		web.Fresh.At("POST /account/delete", p.delete).AcceptsRevoked(),
		web.Private.At("GET /confirm", p.showConfirm).Titled("Confirm your password"),
		web.Private.At("POST /confirm", p.confirm).HashesPassword(),
	}
}

// Menu are the entries of the menu of the account's pages. With those of features there are five at most: what is new goes
// into a page that is there.
func Menu() []views.Link {
	return []views.Link{
		{Href: "/account", Label: "Profile", Icon: "person", Also: []string{"/account/profile", "/account/email"}},
		{Href: "/account/devices", Label: "Login & security", Icon: "shield", Also: []string{"/account/devices", "/account/password", "/account/security"}},
	}
}

func (p *Pages) overview(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	pending, err := p.Account.PendingEmail(r.Context(), u.ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, overviewPage(u, pending, p.Mail.On()))
}

// A form is what was typed on one of these pages, and what is wrong with it.
type form struct {
	Name, Timezone, Email, Next string
	HasPassword                 bool
	MinPassword                 int
	FreshFor                    time.Duration
	Problems                    web.Problems
}

func (p *Pages) newForm(r *http.Request) form {
	u := login.Current(r)
	return form{
		Email: u.Email, HasPassword: u.PasswordHash != "", MinPassword: p.Policy.MinLength, FreshFor: p.Login.FreshFor, Problems: web.Problems{},
		Next: web.LocalPathOr(r.FormValue("next"), "/account"),
	}
}

// confirmTitle is what the page to confirm is called.
func (f form) confirmTitle() string {
	if f.HasPassword {
		return "Confirm your password"
	}
	return "Confirm that it is you"
}

// asked is what that page asks for.
func (f form) asked() string {
	if f.HasPassword {
		return "your password"
	}
	return "what you log in with"
}

func (p *Pages) editProfile(w http.ResponseWriter, r *http.Request) error {
	f := p.newForm(r)
	u := login.Current(r)
	f.Name, f.Timezone = u.Name, u.Timezone
	return web.Render(w, r, http.StatusOK, profilePage(f))
}

func (p *Pages) saveProfile(w http.ResponseWriter, r *http.Request) error {
	f, u := p.newForm(r), login.Current(r)
	f.Name, f.Timezone = r.PostFormValue("name"), u.Timezone
	if r.PostForm.Has("timezone") { // a form without the field means no change
		f.Timezone = r.PostForm.Get("timezone")
	}
	profile := user.Profile{Name: f.Name, Timezone: f.Timezone}.Clean()
	if f.Problems = profile.Problems(); len(f.Problems) > 0 {
		return web.Render(w, r, http.StatusUnprocessableEntity, profilePage(f))
	}
	if err := p.Account.SaveProfile(r.Context(), u.ID, profile); err != nil {
		return err
	}
	session.Flash(r.Context(), "Your profile was saved.")
	return web.SeeOther(w, r, "/account")
}

func (p *Pages) editPassword(w http.ResponseWriter, r *http.Request) error {
	f := p.newForm(r)
	if !f.HasPassword {
		return web.Render(w, r, http.StatusOK, noPasswordPage())
	}
	return web.Render(w, r, http.StatusOK, passwordPage(f))
}

func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	f, u := p.newForm(r), login.Current(r)
	current := r.PostFormValue("current")
	f.Problems.Check(current != "", "current", "Write your current password.")
	checked, problem := p.Policy.Check(r.Context(), r.PostFormValue("password"), password.Personal{Email: u.Email, Name: u.Name})
	f.Problems.Check(problem == "", "password", problem)
	if len(f.Problems) == 0 {
		known, err := p.Account.ChangePassword(r.Context(), current, checked, p.Login.Known(r))
		if err == nil {
			p.Login.SetKnownCookie(w, known)
			session.Flash(r.Context(), "Your password was changed. You were logged out everywhere else.")
			return web.SeeOther(w, r, "/account")
		}
		if !errors.Is(err, login.ErrWrong) {
			return err
		}
		f.Problems["current"] = "This is not your current password."
	}
	return web.Render(w, r, http.StatusUnprocessableEntity, passwordPage(f))
}

func (p *Pages) endDevice(w http.ResponseWriter, r *http.Request) error {
	if err := p.Login.End(r.Context(), login.Current(r).ID, r.PathValue("id")); err != nil {
		return err
	}
	session.Flash(r.Context(), "That browser was logged out.")
	return web.SeeOther(w, r, "/account/devices")
}

func (p *Pages) askEndOthers(w http.ResponseWriter, r *http.Request) error {
	logins, err := p.Login.Logins(r.Context(), login.Current(r).ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, endOthersPage(len(logins)-1))
}

func (p *Pages) endOthers(w http.ResponseWriter, r *http.Request) error {
	known, err := p.Login.EndOthers(r.Context(), p.Login.Known(r))
	if err != nil {
		return err
	}
	p.Login.SetKnownCookie(w, known)
	session.Flash(r.Context(), "All other browsers were logged out.")
	return web.SeeOther(w, r, "/account/devices")
}

// security shows how one gets into the account, and where one is logged in. A new way in is a row of its page, by Places.
func (p *Pages) security(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	logins, err := p.Login.Logins(r.Context(), u.ID)
	if err != nil {
		return err
	}
	known, err := p.Login.KnownBrowsers(r.Context(), u.ID)
	if err != nil {
		return err
	}
	part, err := p.places.Security.On(r)
	if err != nil {
		return err
	}
	v := securityView{User: u, Logins: logins, This: login.CurrentLogin(r).ID, Known: known}
	if v.Ways, err = p.WaysIn(r.Context(), u); err != nil {
		return err
	}
	if v.Advice, err = p.advice(r, u, v.Ways); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, securityPage(v, part))
}

// A securityView is what Login & security shows.
type securityView struct {
	User   user.User
	Ways   []feature.Way
	Advice feature.Advice
	Logins []login.Login
	This   string // the id of the login of this browser
	Known  int    // how many browsers have been logged in
}

// last reports whether the password is the last way in, which it is as long as nothing was added.
func (v securityView) last() bool { return len(feature.Lasting(v.Ways)) == 1 }

// advice is the next step that the page recommends: to verify the address, or what a feature says.
func (p *Pages) advice(r *http.Request, u user.User, ways []feature.Way) (feature.Advice, error) {
	if !u.Verified() && p.Mail.On() {
		return feature.Advice{Label: "Verify your address", Href: "/account", Why: "Then you can get a new password by mail."}, nil
	}
	return p.Advise(r, ways)
}

func (p *Pages) showConfirm(w http.ResponseWriter, r *http.Request) error {
	return p.renderConfirm(w, r, http.StatusOK, p.newForm(r))
}

func (p *Pages) renderConfirm(w http.ResponseWriter, r *http.Request, status int, f form) error {
	part, err := p.places.Confirm.On(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, confirmPage(f, part))
}

// confirm makes the login fresh, and leads back to where the person was going.
func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	f := p.newForm(r)
	err := p.Login.Confirm(r.Context(), r.PostFormValue("password"))
	if errors.Is(err, login.ErrWrong) {
		f.Problems["password"] = "This is not your password."
		return p.renderConfirm(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, f.Next)
}
