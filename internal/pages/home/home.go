// Package home is the first page and the page that says what is kept about a browser.
package home

import (
	"net/http"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

var (
	// seen counts how often this visitor has seen the first page.
	seen = session.NewCounter("home.views")
	// theme is the visitor's choice: "light" or "dark"; unset it follows the system.
	theme = session.NewKey[string]("theme", session.KeptAtLogout)
)

// Pages are the public pages.
type Pages struct{ *feature.Core }

// New returns the public pages.
func New(core *feature.Core) *Pages { return &Pages{core} }

// Routes are the lines of the map for these pages.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		web.Public.At("GET /{$}", p.show).Titled("Home"),
		web.Public.At("GET /privacy", p.privacy).Titled("What this site keeps about this browser"),
		web.Public.At("POST /privacy/erase", p.erase),
		web.Public.At("POST /theme", p.setTheme),
	}
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := homeView{Times: seen.Get(ctx), Visitor: session.Current(ctx)}
	if session.Navigation(ctx) { // a prefetch has not been seen
		v.Times = seen.Add(ctx, 1)
	}
	if u, in := login.From(ctx); in {
		logins, err := p.Login.Logins(ctx, u.ID)
		if err != nil {
			return err
		}
		v.User, v.In, v.Login, v.Others = u, true, login.CurrentLogin(r), len(logins)-1
	}
	return web.Render(w, r, http.StatusOK, homePage(v))
}

func (p *Pages) privacy(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	w.Header().Set("Cache-Control", "no-store")
	session.WithoutSession(ctx) // looking at what is kept must not be what starts it
	facts, parts, err := p.Kept(r)
	if err != nil {
		return err
	}
	u, in := login.From(ctx)
	return web.Render(w, r, http.StatusOK, privacyPage(privacyView{
		Visitor: session.Current(ctx), Kept: session.Kept(ctx), Facts: facts, Parts: parts, Seen: seen.Get(ctx),
		User: u, In: in, Known: len(p.Login.Known(r)) > 0,
	}))
}

// erase forgets this browser: its session with everything in it, its login, its being known, its cookies.
func (p *Pages) erase(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, in := login.From(ctx); in {
		if err := p.Login.LogOut(ctx); err != nil {
			return err
		}
	}
	if err := p.Login.ForgetBrowser(ctx, p.Login.Known(r)); err != nil {
		return err
	}
	if err := p.Sessions.Erase(ctx); err != nil {
		return err
	}
	p.Login.ExpireKnownCookie(w, r)
	return web.SeeOther(w, r, "/privacy")
}

func (p *Pages) setTheme(w http.ResponseWriter, r *http.Request) error {
	switch choice := r.PostFormValue("theme"); choice {
	case "light", "dark":
		theme.Set(r.Context(), choice)
	default:
		theme.Delete(r.Context())
	}
	return web.SeeOther(w, r, web.LocalPathOr(r.PostFormValue("next"), "/"))
}

// Theme returns the visitor's choice: "light", "dark", or "" to follow the system.
func Theme(r *http.Request) string {
	if choice := theme.Or(r.Context(), ""); choice == "light" || choice == "dark" {
		return choice
	}
	return ""
}
