// Package dev adds what is there in development only, for somebody who sits at this machine: the mailbox, the map, the
// session, the parts of the look. In production it adds nothing at all.
package dev

import (
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"strings"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// Pages are the pages of this folder.
type Pages struct{ *feature.Core }

// New returns the feature; in production an empty one.
func New(core *feature.Core) feature.Feature {
	if core.Config.Production() {
		return feature.Feature{Name: "dev"}
	}
	p := &Pages{core}
	return feature.Feature{Name: "dev", Routes: p.routes(), Guard: p.guard}
}

func (p *Pages) routes() []web.Route {
	routes := []web.Route{
		web.Public.At("GET /dev/mail", p.listMail),
		web.Public.At("GET /dev/mail.json", p.mailJSON),
		web.Public.At("GET /dev/mail/{id}", p.showMail),
		web.Public.At("GET /dev/routes", p.showRoutes),
		web.Public.At("GET /dev/views", p.showViews),
		web.Public.At("GET /dev/views/error/{status}", p.showError),
		web.Public.At("GET /dev/session", p.showSession),
	}
	for i, rt := range routes {
		routes[i] = rt.WithoutVisit() // looking at a session does not change it
	}
	return routes
}

// guard answers 404 to everything under /dev/, unless somebody who sits at this machine asks. It says where mails are shown
// that are not sent.
func (p *Pages) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/dev/") && !local(r) {
			web.Fail(w, r, fault.NotFound)
			return
		}
		if p.Config.SMTPURL == "" {
			views.Of(r.Context()).DevMail = p.Listening() + "/dev/mail" // not by way of the proxy of `make dev`
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

func (p *Pages) showRoutes(w http.ResponseWriter, r *http.Request) error {
	session.WithoutSession(r.Context())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, err := io.WriteString(w, p.Map())
	return err
}

// showSession shows the session of this browser as JSON.
func (p *Pages) showSession(w http.ResponseWriter, r *http.Request) error {
	session.WithoutSession(r.Context())
	body, err := json.MarshalIndent(map[string]any{
		"visitor": session.Current(r.Context()), "kept": session.Kept(r.Context()), "keys": session.Declared(),
	}, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(append(body, '\n'))
	return err
}
