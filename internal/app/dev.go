package app

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// devRoutes are there in development only, for somebody who sits at this machine.
func (a *App) devRoutes() []web.Route {
	return []web.Route{
		web.Public.At("GET /dev/routes", local(a.devMap)),
		web.Public.At("GET /dev/session", local(a.devSession)),
	}
}

// local answers only a loopback peer that asks for a loopback host, through no proxy; for all others there is nothing.
func local(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !peer.Addr().Unmap().IsLoopback() || !loopbackHost(r.Host) {
			return fault.NotFound
		}
		for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
			if r.Header.Get(name) != "" {
				return fault.NotFound
			}
		}
		return next(w, r)
	}
}

func loopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func (a *App) devMap(w http.ResponseWriter, _ *http.Request) error {
	return plain(w, PrintRoutes(a.routes()))
}

// devSession shows the session of this browser as JSON.
func (a *App) devSession(w http.ResponseWriter, r *http.Request) error {
	session.Decline(r.Context())
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
