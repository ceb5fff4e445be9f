package app

import (
	"net/http"
	"strings"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/web"
)

// serveNone answers a request that no line of the map answers: with a redirect to the clean form of its path if there is a
// page there, else with 404 or 405 as a page of the site. 405 has the Allow of the mux.
func (t *table) serveNone(w http.ResponseWriter, r *http.Request) {
	h, pattern := t.mux.Handler(r)
	if pattern != "" { // a redirect of the mux, to the clean form of the path
		h.ServeHTTP(w, r)
		return
	}
	if to := t.withoutSlash(r); to != "" {
		w.Header().Set("Cache-Control", "no-cache")
		http.Redirect(w, r, to, http.StatusPermanentRedirect)
		return
	}
	probe := &probe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	err := error(fault.NotFound)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		err = fault.MethodNotAllowed
	}
	web.Fail(w, r, err)
}

// withoutSlash returns the address without the slash at its end if the map has a line for that, else "".
func (t *table) withoutSlash(r *http.Request) string {
	path, slash := strings.CutSuffix(r.URL.Path, "/")
	if !slash || path == "" {
		return ""
	}
	bare := r.Clone(r.Context())
	bare.URL.Path, bare.URL.RawPath = path, strings.TrimSuffix(r.URL.RawPath, "/")
	if rt := t.route(bare); rt == nil || rt.Access == web.Nobody {
		return ""
	}
	return web.LocalPath(bare.URL.RequestURI())
}

// A probe finds out what the mux would answer.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }
