package app

import (
	"net/http"

	"example.com/latchkey/internal/web"
)

// refuse answers a request that the edge has refused, on a page with the visitor's theme, menu and name. It only reads the
// session, as for a GET: the request is no visit, ends no login, and gets no cookie.
func (a *App) refuse(w http.ResponseWriter, r *http.Request, err error) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, seen *http.Request) {
		web.Fail(w, r.WithContext(seen.Context()), err)
	})
	look := r.Clone(r.Context())
	look.Method, look.Body = http.MethodGet, http.NoBody
	a.Sessions.Handler(a.Login.Handler(a.page(answer))).ServeHTTP(w, look)
}
