package login

import (
	"context"
	"net/http"
	"net/url"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// The values of Cache-Control, which all answers share and nobody changes.
var noStore, noCache = []string{"no-store"}, []string{"private, no-cache"}

// Guard puts the guard before a handler: the one place where access is decided.
// Behind it nobody asks again.
func (s *Service) Guard(access web.Access, next web.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, in := currentOf(r.Context())
		// A page that names somebody must not come back from a cache after log out.
		if in || access >= web.Private {
			w.Header()["Cache-Control"] = noStore
		} else {
			w.Header()["Cache-Control"] = noCache
		}
		run := next
		switch access {
		case web.Public:
		case web.Guest:
			if in {
				run = sendHome
			}
		case web.Private, web.Fresh, web.Admin:
			run = inside(access, c, in, next)
		default: // web.Nobody: a route whose access was forgotten
			run = nothing
		}
		if err := run(w, r); err != nil {
			web.Fail(w, r, err)
		}
	})
}

func inside(access web.Access, c current, in bool, next web.Handler) web.Handler {
	switch {
	case !in:
		return sendTo("/login")
	case access == web.Admin && c.user.Role != user.RoleAdmin:
		return nothing
	case access >= web.Fresh && !c.fresh:
		return sendTo("/confirm")
	}
	return next
}

// Shows reports whether a link to a route with this access belongs on the pages of this visitor. One that asks for a
// fresh login does: it leads there by way of /confirm.
func Shows(ctx context.Context, access web.Access) bool {
	c, in := currentOf(ctx)
	switch access {
	case web.Public:
		return true
	case web.Guest:
		return !in
	case web.Private, web.Fresh:
		return in
	case web.Admin:
		return in && c.user.Role == user.RoleAdmin
	default:
		return false
	}
}

func nothing(http.ResponseWriter, *http.Request) error { return fault.NotFound }

func sendHome(w http.ResponseWriter, r *http.Request) error {
	return web.SeeOther(w, r, web.LocalPathOr(r.FormValue("next"), "/"))
}

// sendTo sends the visitor to the page that gives the rights they lack, with the way back in next. A form that was posted
// is not repeated.
func sendTo(page string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if web.WantsJSON(r) {
			return fault.Unauthenticated
		}
		target := page
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			if asked := web.LocalPath(r.URL.RequestURI()); asked != "" {
				target += "?" + url.Values{"next": {asked}}.Encode()
			}
		} else if from := formPage(r); page == "/confirm" && from != "" { // the form itself can be sent again from there
			target += "?" + url.Values{"next": {from}}.Encode()
		}
		return web.SeeOther(w, r, target)
	}
}

// formPage is the page of ours where the form stood that a request sends, "" if the browser does not say.
func formPage(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return ""
	}
	return web.LocalPath(u.RequestURI())
}
