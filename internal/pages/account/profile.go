package account

import (
	"net/http"
	"time"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

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
