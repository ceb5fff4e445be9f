package login

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/session"
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
		// A page that names somebody must not come back from a cache after log out, nor a cookie to somebody else, nor what
		// was typed into a form.
		if in || access >= web.Private || !web.Safe(r.Method) || w.Header().Get("Set-Cookie") != "" {
			w.Header()["Cache-Control"] = noStore
		} else {
			w.Header()["Cache-Control"] = noCache
		}
		err := gate(access, c, in, next)(w, r)
		if errors.Is(err, fault.SessionEnded) && !web.Safe(r.Method) {
			err = s.again(access, next, w, r, err)
		}
		if errors.Is(err, ErrSecondStep) {
			err = web.SeeOther(w, r, SecondStepPath)
		}
		if err != nil {
			web.Fail(w, r, err)
		}
	})
}

// gate returns what answers this visitor: the handler, or what leads to the rights that they lack. A form that is posted
// to a page for guests runs though somebody is logged in: who logs in as somebody else means it.
func gate(access web.Access, c current, in bool, next web.Handler) web.Handler {
	switch {
	case access <= web.Nobody || access > web.Admin: // a route whose access was forgotten
		return nothing("open to nobody")
	case access == web.Guest && in:
		return sendHome(c.user, next)
	case access == web.Public || access == web.Guest:
		return next
	case !in:
		return sendTo("/login")
	case access == web.Admin && c.user.Role != user.RoleAdmin:
		return nothing("open to admins alone")
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
	}
	return in && access >= web.Private && (access != web.Admin || c.user.Role == user.RoleAdmin)
}

// nothing answers 404 to somebody who lacks rights. The log says which.
func nothing(reason string) web.Handler {
	return func(http.ResponseWriter, *http.Request) error { return fmt.Errorf("%s: %w", reason, fault.NotFound) }
}

// sendHome leads a user away from a page for guests, and says who is logged in.
func sendHome(u user.User, next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		route := web.RequestOf(r.Context()).Route
		if !web.Safe(r.Method) || route != nil && route.UsersWith != "" && r.URL.Query().Has(route.UsersWith) {
			return next(w, r)
		}
		if session.Navigation(r.Context()) {
			session.Flash(r.Context(), "You are logged in as "+u.Email+". Log out first to be somebody else.")
		}
		return web.SeeOther(w, r, web.LocalPathOr(r.FormValue("next"), "/"))
	}
}

// sendTo sends the visitor to the page that gives the rights they lack, with the way back in next. A form that was posted
// is not repeated.
func sendTo(page string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		web.RequestOf(r.Context()).Reason = map[string]string{"/login": "not logged in", "/confirm": "not fresh"}[page]
		if web.WantsJSON(r) {
			return fault.Unauthenticated
		}
		target := page
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			if asked := web.LocalPath(r.URL.RequestURI()); asked != "" {
				target += "?" + url.Values{"next": {asked}}.Encode()
			}
		} else if from := web.CameFrom(r); page == "/confirm" && from != "" { // the form itself can be sent again from there
			target += "?" + url.Values{"next": {from}}.Encode()
		}
		return web.SeeOther(w, r, target)
	}
}
