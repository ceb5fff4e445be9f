package app

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/pages/dev"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// devRoutes are there in development only, for somebody who sits at this machine.
func (a *App) devRoutes() []web.Route {
	return append([]web.Route{
		web.Public.At("GET /dev/routes", a.devMap),
		web.Public.At("GET /dev/session", a.devSession),
	}, dev.New(a.Mail).Routes()...)
}

// devOnly stands before everything under /dev/: for all but somebody who sits at this machine there is nothing.
func devOnly(next http.Handler) http.Handler {
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

func (a *App) devMap(w http.ResponseWriter, _ *http.Request) error {
	return plain(w, PrintRoutes(a.routes()))
}

// devSession shows the session of this browser as JSON.
func (a *App) devSession(w http.ResponseWriter, r *http.Request) error {
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
