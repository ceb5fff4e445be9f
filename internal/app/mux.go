package app

import (
	"fmt"
	"net/http"
	"strings"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/web"
)

// A table is the map made ready to serve: each route behind its guard.
type table struct {
	mux       *http.ServeMux
	byPattern map[string]*web.Route
	exact     map[*web.Route]http.Handler // of routes without a wildcard
}

// newTable joins each route with its guard, in one loop: there is no other way onto the mux.
func newTable(routes []web.Route, guard func(web.Access, web.Handler) http.Handler, limit func(web.Route) web.Handler) *table {
	t := &table{mux: http.NewServeMux(), byPattern: map[string]*web.Route{}, exact: map[*web.Route]http.Handler{}}
	for _, rt := range routes {
		h := guard(rt.Access, limit(rt))
		if rt.NoSession {
			if rt.Access != web.Public && rt.Access != web.Nobody {
				panic(fmt.Sprintf("app: %q is %s and stands without a session, by which alone it could be guarded", rt.Pattern, rt.Access))
			}
			h = unguarded(rt.Access, rt.Handler)
		}
		t.mux.Handle(rt.Pattern, h)
		t.byPattern[rt.Pattern] = &rt
		if path := rt.Path(); !strings.Contains(path, "{") && !strings.HasSuffix(path, "/") {
			t.exact[&rt] = h
		}
	}
	return t
}

// unguarded serves what is public, and answers 404 to everything else: nobody is known who could open it.
func unguarded(access web.Access, serve web.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := error(fault.NotFound)
		if access == web.Public {
			err = serve(w, r)
		}
		if err != nil {
			web.Fail(w, r, err)
		}
	})
}

// route returns the line of the map that answers the request, nil for 404 and 405.
func (t *table) route(r *http.Request) *web.Route {
	_, pattern := t.mux.Handler(r)
	return t.byPattern[pattern]
}

// ServeHTTP answers by the map.
func (t *table) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rt := web.RequestOf(r.Context()).Route; rt != nil {
		if h := t.exact[rt]; h != nil && r.URL.Path == rt.Path() { // found already: the mux need not look again
			r.Pattern = rt.Pattern
			h.ServeHTTP(w, r)
			return
		}
		t.mux.ServeHTTP(w, r)
		return
	}
	t.serveNone(w, r)
}

// withoutSession serves routes without a session directly.
func (t *table) withoutSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rt := web.RequestOf(r.Context()).Route; rt != nil && rt.NoSession {
			t.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
