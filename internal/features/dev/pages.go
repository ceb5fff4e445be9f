package dev

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// menu are the pages, as the menu of each names them.
func menu() []views.Link {
	return []views.Link{
		{Href: "/dev/session", Label: "Session", Icon: "person"},
		{Href: "/dev/routes", Label: "Routes", Icon: "shield"},
		{Href: "/dev/mail", Label: "Mail", Icon: "mail"},
		{Href: "/dev/views", Label: "Views", Icon: "computer"},
		{Href: "/dev/settings", Label: "Settings", Icon: "note"},
	}
}

func (p *Pages) index(w http.ResponseWriter, r *http.Request) error {
	session.WithoutSession(r.Context())
	return web.Render(w, r, http.StatusOK, indexPage())
}

// showRoutes shows the map: as a page to a browser, as lines of text to any other program.
func (p *Pages) showRoutes(w http.ResponseWriter, r *http.Request) error {
	session.WithoutSession(r.Context())
	if !browser(r) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := io.WriteString(w, web.PrintMap(p.Map()))
		return err
	}
	routes := slices.Clone(p.Map())
	slices.SortStableFunc(routes, func(a, b web.Route) int {
		return cmp.Or(strings.Compare(a.Path(), b.Path()), strings.Compare(a.Method(), b.Method()))
	})
	return web.Render(w, r, http.StatusOK, routesPage(routes))
}

// browser reports whether a browser asks, which gets a page. Programs such as curl get what is easier to read for them.
func browser(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// opens returns the address of a route that a link can lead to as it stands, "" for other methods and for paths with wildcards.
func opens(rt web.Route) string {
	path := strings.TrimSuffix(rt.Path(), "{$}")
	if rt.Method() != http.MethodGet || strings.Contains(path, "{") {
		return ""
	}
	return path
}

// A setting is one line of the settings.
type setting struct{ Name, Value string }

// showSettings shows the settings as they may be shown: Config.String hides what is secret.
func (p *Pages) showSettings(w http.ResponseWriter, r *http.Request) error {
	session.WithoutSession(r.Context())
	var all []setting
	for line := range strings.Lines(p.Config.String()) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		all = append(all, setting{name, value})
	}
	return web.Render(w, r, http.StatusOK, settingsPage(all))
}

// sessionView is everything that is known about this browser.
type sessionView struct {
	Visitor  session.Visitor `json:"visitor"`
	Keys     []keyView       `json:"keys"`
	Email    string          `json:"email"` // of the user, "" for a guest
	Role     string          `json:"role"`
	Login    *login.Login    `json:"login"` // of this browser, nil for a guest
	Requests []record        `json:"requests"`
	Watched  bool            `json:"-"`

	Facts []views.Fact      `json:"-"` // what features keep about this browser
	Parts []templ.Component `json:"-"`
}

// A keyView is one key of the program, with what this visitor has stored under it.
type keyView struct {
	Name, Type, Policy string
	Values             []session.Entry // of a pool one for each of its names
	Size               int             // in bytes of JSON
}

// keys joins the keys that are declared with what is stored. Stored keys that are no longer declared come last.
func keys(kept []session.Entry) (all []keyView) {
	for _, d := range session.Declared() {
		all = append(all, keyView{Name: d.Name, Type: d.Type, Policy: d.Policy.String()})
	}
	for _, e := range kept {
		name, _, _ := strings.Cut(e.Name, "/")
		at := slices.IndexFunc(all, func(k keyView) bool { return k.Name == name })
		if at < 0 {
			at, all = len(all), append(all, keyView{Name: name, Type: "not declared", Policy: "dropped at log in and log out"})
		}
		all[at].Values = append(all[at].Values, e)
		all[at].Size += len(e.Value)
	}
	return all
}

// showSession shows the session of whoever asks: as a page to a browser, as JSON to any other program.
func (p *Pages) showSession(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	session.WithoutSession(ctx)
	v := sessionView{Visitor: session.Current(ctx), Keys: keys(session.Kept(ctx)), Watched: p.Bar}
	if v.Visitor.ID != "" {
		v.Requests = p.latest(v.Visitor.ID)
	}
	if u, in := login.From(ctx); in {
		logins, err := p.Login.Logins(ctx, u.ID)
		if err != nil {
			return err
		}
		v.Email, v.Role = u.Email, u.Role
		for _, l := range logins {
			if l.SessionID == v.Visitor.ID {
				v.Login = &l
			}
		}
	}
	if browser(r) {
		var err error
		if v.Facts, v.Parts, err = p.Kept(r); err != nil {
			return err
		}
		return web.Render(w, r, http.StatusOK, sessionPage(v))
	}
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(append(body, '\n'))
	return err
}
