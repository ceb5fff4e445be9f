package app

import (
	"net/http"

	"example.com/latchkey/internal/web"
)

// refuse answers a request that was refused before the session, on a page that keeps theme, menu and who is logged in.
// All of that is read only, as for a GET: the request is no visit, ends no login, and gets no cookie.
func (a *App) refuse(w http.ResponseWriter, r *http.Request, err error) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, seen *http.Request) {
		web.Fail(w, r.WithContext(seen.Context()), err)
	})
	look := r.Clone(r.Context())
	look.Method, look.Body = http.MethodGet, http.NoBody
	a.Sessions.Handler(a.Login.Handler(a.page(answer))).ServeHTTP(w, look)
}
