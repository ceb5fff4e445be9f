// Package dev are pages that are there in development only, for somebody who sits at this machine: the mailbox, the map,
// the session, the parts of the look.
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
)

// Pages are the pages of this folder.
type Pages struct {
	*feature.Core
	routes func() string
}

// New returns the pages. routes is the map in print.
func New(core *feature.Core, routes func() string) *Pages { return &Pages{core, routes} }

// Routes are the lines of the map that lead here. Only keeps them to loopback.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		web.Public.At("GET /dev/mail", p.listMail),
		web.Public.At("GET /dev/mail.json", p.mailJSON),
		web.Public.At("GET /dev/mail/{id}", p.showMail),
		web.Public.At("GET /dev/routes", p.showRoutes),
		web.Public.At("GET /dev/views", p.showViews),
		web.Public.At("GET /dev/views/error/{status}", p.showError),
		web.Public.At("GET /dev/session", p.showSession),
	}
}

// Only stands before everything under /dev/: for all but somebody who sits at this machine there is nothing.
func Only(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/dev/") && !local(r) {
			web.Fail(w, r, fault.NotFound)
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

func (p *Pages) showRoutes(w http.ResponseWriter, r *http.Request) error {
	session.WithoutSession(r.Context())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, err := io.WriteString(w, p.routes())
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
