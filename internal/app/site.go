package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/pages/home"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// page puts into the context what the layout shows: who is logged in, the menu, the theme, the waiting messages.
func (a *App) page(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		p := &views.Page{
			Path: r.URL.Path, Known: true, Theme: home.Theme(r), Now: a.Now().UTC(), Asset: a.asset,
			Flash: func() []string { return session.TakeFlash(ctx) },
		}
		a.user(ctx, p)
		if r.URL.RawQuery != "" {
			p.Back = web.LocalPath(r.URL.RequestURI())
		}
		if web.RequestOf(ctx).Refused != nil { // its page changes nothing: what waits to be said waits for the next
			p.Flash = nil
		}
		for _, rt := range a.menu {
			if login.Shows(ctx, rt.Access) {
				p.Menu = append(p.Menu, views.Link{Href: rt.Path(), Label: rt.Menu})
			}
		}
		next.ServeHTTP(w, r.WithContext(views.With(ctx, p)))
	})
}

// plainPage is what error pages show where we have not looked who asks.
func (a *App) plainPage(r *http.Request) *views.Page {
	return &views.Page{Path: r.URL.Path, Now: a.Now().UTC(), Asset: a.asset}
}

// health says that the process serves. It asks nothing else, so that a database that is away restarts nobody.
func (a *App) health(w http.ResponseWriter, _ *http.Request) error { return plain(w, "ok\n") }

// ready says whether this instance can serve pages: its database answers, its file is still there, and it has not been
// asked to end.
func (a *App) ready(w http.ResponseWriter, r *http.Request) error {
	if a.draining.Load() {
		return &fault.Unavailable{What: "server", Err: errors.New("it was asked to end")}
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.DB.Ping(ctx); err != nil {
		return &fault.Unavailable{What: "database", Err: err}
	}
	return plain(w, "ready\n")
}

// robots keeps crawlers out of what they could only be sent away from.
func (a *App) robots(w http.ResponseWriter, _ *http.Request) error {
	return plain(w, "User-agent: *\nDisallow: /account\nDisallow: /login\nDisallow: /register\nDisallow: /privacy\n")
}

func (a *App) missing(w http.ResponseWriter, r *http.Request) { web.Fail(w, r, fault.NotFound) }

func (a *App) file(w http.ResponseWriter, r *http.Request) error {
	a.static.ServeHTTP(w, r)
	return nil
}

func plain(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, err := fmt.Fprint(w, text)
	return err
}
