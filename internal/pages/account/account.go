// Package account is where a user looks after the account: profile, password, and the browsers that are logged in.
package account

import (
	"errors"
	"net/http"
	"time"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// Pages are the account's pages.
type Pages struct {
	login   *login.Module
	exports func() []web.Export
}

// New returns the pages. exports tells all tables that hold something of a user.
func New(m *login.Module, exports func() []web.Export) *Pages { return &Pages{m, exports} }

// Routes are the lines of the map for these pages.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		web.Private.At("GET /account", p.overview).Titled("Profile"),
		web.Private.At("GET /account/profile", p.editProfile).Titled("Change your profile"),
		web.Private.At("POST /account/profile", p.saveProfile),
		web.Private.At("GET /account/password", p.editPassword).Titled("Change your password"),
		web.Private.At("POST /account/password", p.changePassword),
		web.Private.At("GET /account/devices", p.security).Titled("Login & security"),
		web.Private.At("POST /account/devices/{id}/end", p.endDevice),
		web.Private.At("GET /account/devices/end-others", p.askEndOthers).Titled("Log out your other devices"),
		web.Private.At("POST /account/devices/end-others", p.endOthers),
		web.Private.At("GET /account/activity", p.activity).Titled("Activity"),
		web.Fresh.At("GET /account/security", p.security).Titled("Login & security"),
		web.Fresh.At("GET /account/email", p.editEmail).Titled("Change your e-mail address"),
		web.Fresh.At("POST /account/email", p.changeEmail),
		web.Private.At("POST /account/email/cancel", p.cancelEmail),
		web.Fresh.At("GET /account/delete", p.askDelete).Titled("Delete your account"),
		web.Fresh.At("POST /account/delete", p.delete),
		web.Fresh.At("GET /account/export", p.askExport).Titled("Your data"),
		web.Fresh.At("POST /account/export", p.export).Exporting(p.login.Exports()...),
		web.Private.At("GET /confirm", p.showConfirm).Titled("Confirm your password"),
		web.Private.At("POST /confirm", p.confirm),
	}
}

// menu leads through the account's pages. Five lines are the most: what is new goes into a page that is there.
func menu() []views.Link {
	return []views.Link{
		{Href: "/account", Label: "Profile", Icon: "person", Also: []string{"/account/profile", "/account/email"}},
		{Href: "/account/devices", Label: "Login & security", Icon: "shield", Also: []string{"/account/devices", "/account/password", "/account/security"}},
		{Href: "/account/activity", Label: "Activity", Icon: "clock"},
		{Href: "/account/export", Label: "Your data", Icon: "download", Also: []string{"/account/delete"}},
	}
}

func (p *Pages) overview(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	pending, err := p.login.PendingEmail(r.Context(), u.ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, overviewPage(u, pending, p.login.Mail.On()))
}

// A form is what was typed on one of these pages, and what is wrong with it.
type form struct {
	Name, Timezone, Email, Next string
	MinPassword                 int
	FreshFor                    time.Duration
	Problems                    web.Problems
}

func (p *Pages) newForm(r *http.Request) form {
	return form{
		Email: login.Current(r).Email, MinPassword: p.login.MinPassword, FreshFor: p.login.FreshFor, Problems: web.Problems{},
		Next: web.LocalPathOr(r.FormValue("next"), "/account"),
	}
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
	profile := login.Profile{Name: f.Name, Timezone: f.Timezone}.Clean()
	if f.Problems = profile.Problems(); len(f.Problems) > 0 {
		return web.Render(w, r, http.StatusUnprocessableEntity, profilePage(f))
	}
	if err := p.login.SaveProfile(r.Context(), u.ID, profile); err != nil {
		return err
	}
	session.Flash(r.Context(), "Your profile was saved.")
	return web.SeeOther(w, r, "/account")
}

func (p *Pages) editPassword(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, passwordPage(p.newForm(r)))
}

func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	f, u := p.newForm(r), login.Current(r)
	current, password := r.PostFormValue("current"), r.PostFormValue("password")
	f.Problems.Check(current != "", "current", "Write your current password.")
	problem := p.login.PasswordProblem(r.Context(), password, login.Context{Email: u.Email, Name: u.Name, Site: views.Site})
	f.Problems.Check(problem == "", "password", problem)
	if len(f.Problems) == 0 {
		err := p.login.ChangePassword(r.Context(), current, password)
		if err == nil {
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
	if r.PathValue("id") == login.CurrentLogin(r).ID { // this very one: a log out
		w.Header().Set("Clear-Site-Data", `"cache"`)
	}
	if err := p.login.End(r.Context(), login.Current(r).ID, r.PathValue("id")); err != nil {
		return err
	}
	session.Flash(r.Context(), "That browser was logged out.")
	return web.SeeOther(w, r, "/account/devices")
}

func (p *Pages) askEndOthers(w http.ResponseWriter, r *http.Request) error {
	logins, err := p.login.Logins(r.Context(), login.Current(r).ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, endOthersPage(len(logins)-1))
}

func (p *Pages) endOthers(w http.ResponseWriter, r *http.Request) error {
	if err := p.login.EndOthers(r.Context(), login.Current(r).ID, login.CurrentLogin(r).ID); err != nil {
		return err
	}
	session.Flash(r.Context(), "All other browsers were logged out.")
	return web.SeeOther(w, r, "/account/devices")
}

func (p *Pages) showConfirm(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, confirmPage(p.newForm(r)))
}

// confirm makes the login fresh, and leads back to where the person was going.
func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	f := p.newForm(r)
	err := p.login.Confirm(r.Context(), r.PostFormValue("password"))
	if errors.Is(err, login.ErrWrong) {
		f.Problems["password"] = "This is not your password."
		return web.Render(w, r, http.StatusUnprocessableEntity, confirmPage(f))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, f.Next)
}
