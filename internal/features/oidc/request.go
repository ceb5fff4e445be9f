package oidc

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/features/oidc/provider"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// requestFor is how long a browser may take at the other site.
const requestFor = 10 * time.Minute

// What requests are for.
const (
	toLogIn   = "login" // or to register
	toConfirm = "confirm"
	toLink    = "link"
)

// errRequest means that a browser comes back that was not sent, or was sent too long ago.
var errRequest = errors.New("the request is not of this browser, was answered, or is too old")

// A request is what a browser was sent to another site with, and what for. Each tab has its own.
type request struct {
	provider.Request
	Purpose  string `json:"purpose"`
	Next     string `json:"next,omitempty"` // the page that was asked for: a web.LocalPath
	UserID   string `json:"user,omitempty"` // who confirms or links
	Remember bool   `json:"remember,omitempty"`
}

// send stores a request and sends the browser to the provider. It does so by a page that goes there by itself, not by a
// redirect: our forms may be sent to our own site only (form-action in the Content-Security-Policy), browsers apply that to
// every redirect that follows, and to which hosts a provider redirects its users cannot be known.
func (s *Sites) send(w http.ResponseWriter, r *http.Request, q request) error {
	ctx := r.Context()
	p, err := s.provider(r)
	if err != nil {
		return err
	}
	q.Request, q.Next = provider.NewRequest(s.Now()), web.LocalPath(r.PostFormValue("next"))
	q.Again, q.Choose = q.Purpose == toConfirm, r.PostFormValue("choose") != ""
	q.Redirect = s.base(r) + "/login/with/" + p.Name + "/callback"
	visitor := session.Current(ctx).ID
	if visitor == "" { // nobody could say that it is the same browser that comes back
		return s.refused(w, r, p, q, errNoCookie)
	}
	to, err := p.Begin(ctx, q.Request) // before anything is stored: it may take its time
	if err != nil {
		return s.refused(w, r, p, q, err)
	}
	if err := s.keep(ctx, visitor, p.Name, q); err != nil {
		return err
	}
	w.Header().Set("Refresh", "0; url="+to)
	return web.Render(w, r, http.StatusOK, leavePage(p.Label, to))
}

// base returns the site's address as the browser knows it: BASE_URL or, in development without it, the host of the request,
// which the edge has accepted, because the browser's cookie belongs to that host.
func (s *Sites) base(r *http.Request) string {
	if s.Config.Base() != nil {
		return s.BaseURL()
	}
	return (&url.URL{Scheme: "http", Host: strings.ToLower(r.Host)}).String()
}

// callback is where a browser comes back to. It is a GET that changes something, as OAuth requires: the state, which only this
// browser has, and which counts once, takes the place of the press of a button.
func (s *Sites) callback(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p, err := s.provider(r)
	if err != nil {
		return err
	}
	if r.Method != http.MethodGet { // HEAD, by which links are looked at
		w.Header().Set("Allow", http.MethodGet)
		return fault.MethodNotAllowed
	}
	w.Header().Set("Cache-Control", "no-store")
	query := r.URL.Query()
	q, err := s.take(ctx, session.Current(ctx).ID, p.Name, query.Get("state"))
	if err == nil {
		err = told(query.Get("error"))
	}
	if err != nil {
		return s.refused(w, r, p, q, err)
	}
	id, err := p.Finish(ctx, q.Request, query.Get("code"), query.Get("iss"))
	if err != nil {
		return s.refused(w, r, p, q, err)
	}
	switch q.Purpose {
	case toConfirm:
		return s.confirmed(w, r, p, q, id)
	case toLink:
		return s.askToLink(w, r, pendingLink{Identity: id, UserID: q.UserID})
	default:
		return s.loggedIn(w, r, p, q, id)
	}
}

// told returns our error for an error code of a provider (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6).
func told(code string) error {
	switch code {
	case "":
		return nil
	case "access_denied":
		return errDenied
	case "login_required", "interaction_required", "account_selection_required", "consent_required":
		return fmt.Errorf("%w: %s", errAsked, code)
	default: // "server_error", "temporarily_unavailable" and what else goes wrong over there
		return fmt.Errorf("%w: error=%s", provider.ErrDown, web.CleanHeader(code))
	}
}
