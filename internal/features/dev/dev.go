// Package dev has what exists in development only, for whoever sits at this machine: pages that show the map, the
// session, the mailbox, the parts of the look and the settings; a bar at the foot of each page, with what the request did;
// and the command that fills the database with examples. In production, and on a site whose BASE_URL is not this machine,
// it adds nothing to the program that serves.
package dev

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// Pages are the pages of this folder.
type Pages struct {
	Bar bool `env:"DEV_BAR" envDefault:"on" doc:"in development, note what each request does with the database and the session, for a bar at the foot of each page and for /dev/session: on or off"`
	*feature.Core

	mu   sync.Mutex
	last map[string][]record // what the latest requests of each session did, the newest first
}

// New returns the feature. On a site for others, it has nothing but its settings.
func New(core *feature.Core) feature.Feature {
	p := &Pages{Core: core, last: map[string][]record{}}
	if forOthers(core) {
		return feature.Feature{Name: "dev", Settings: p, Start: p.warn}
	}
	return feature.Feature{Name: "dev", Settings: p, Routes: p.routes(), Guard: p.guard, Commands: &commands{}}
}

// forOthers reports whether people elsewhere may use the site: in production, and under an address that is not this machine's.
func forOthers(core *feature.Core) bool {
	base := core.Config.Base()
	return core.Config.Production() || base != nil && (base.Scheme != "http" || !web.Loopback(base.Host))
}

// warn says at the start that the site is for others and is not set up as one that is.
func (p *Pages) warn(context.Context) error {
	if !p.Config.Production() {
		p.Log.Warn("BASE_URL is not this machine's, so there are no development pages: set APP_ENV=production for a site that others use")
	}
	return nil
}

func (p *Pages) routes() []web.Route {
	routes := []web.Route{
		web.Public.At("GET /dev", p.index),
		web.Public.At("GET /dev/bar.css", p.barStyles),
		web.Public.At("GET /dev/mail", p.listMail),
		web.Public.At("GET /dev/mail.json", p.mailJSON),
		web.Public.At("GET /dev/mail/{id}", p.showMail),
		web.Public.At("GET /dev/routes", p.showRoutes),
		web.Public.At("GET /dev/session", p.showSession),
		web.Public.At("GET /dev/settings", p.showSettings),
		web.Public.At("GET /dev/views", p.showViews),
		web.Public.At("GET /dev/views/error/{status}", p.showError),
	}
	for i, rt := range routes {
		routes[i] = rt.WithoutVisit() // looking at a session does not change it
	}
	return routes
}

// guard answers 404 to everything under /dev, unless somebody who sits at this machine asks. It says where mails are shown
// that are not sent, and watches all other requests for the bar.
func (p *Pages) guard(next http.Handler) http.Handler {
	if p.Bar {
		p.DB.OnQuery, p.Sessions.Traces = note, true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ours := r.URL.Path == "/dev" || strings.HasPrefix(r.URL.Path, "/dev/")
		if ours && !local(r) {
			web.Fail(w, r, fault.NotFound)
			return
		}
		if ours {
			views.Of(r.Context()).Flash = nil // what waits to be said waits for a page of the site
		}
		if p.Config.SMTPURL == "" {
			views.Of(r.Context()).DevMail = p.Listening() + "/dev/mail" // not by way of the proxy of `make dev`
		}
		if p.Bar && !ours {
			p.watch(next, w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// local reports whether a loopback peer asks for a loopback host, through no proxy.
func local(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() || !web.Loopback(r.Host) {
		return false
	}
	for name := range r.Header {
		switch name {
		case "Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip":
			return false
		}
		if strings.HasPrefix(name, "X-Forwarded") {
			return false
		}
	}
	return true
}
