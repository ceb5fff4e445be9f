package dev

import (
	"net/http"
	"strconv"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// errorStatuses are the statuses of the error pages on /dev/views.
var errorStatuses = []int{401, 403, 404, 405, 408, 409, 413, 421, 422, 429, 500, 503}

// showViews shows every part of the look in every state, in the theme of the visitor or that of ?theme=light or dark.
// A new part of package views gets its place here.
func (p *Pages) showViews(w http.ResponseWriter, r *http.Request) error {
	session.WithoutSession(r.Context())
	page := *views.Of(r.Context())
	if theme := r.FormValue("theme"); theme == "light" || theme == "dark" {
		page.Theme = theme
	}
	page.Flash = func() []string { return []string{"Your name was saved."} }
	return web.Render(w, r.WithContext(views.With(r.Context(), &page)), http.StatusOK, viewsPage(page.Now))
}

// showError shows the page of an error as the visitor would see it, as a guest would (?as=guest), or as it is when a request
// was refused before its session was loaded (?as=nobody).
func (p *Pages) showError(w http.ResponseWriter, r *http.Request) error {
	session.WithoutSession(r.Context())
	status, err := strconv.Atoi(r.PathValue("status"))
	if err != nil || status < 400 || status > 599 {
		return fault.NotFound
	}
	page := *views.Of(r.Context())
	page.Flash = nil
	switch r.FormValue("as") {
	case "nobody":
		page = views.Page{Path: page.Path, Now: page.Now, Asset: page.Asset}
	case "guest":
		page = views.Page{Path: page.Path, Now: page.Now, Asset: page.Asset, Known: true, CanJoin: true}
	}
	r = r.WithContext(views.With(r.Context(), &page))
	return web.Render(w, r, http.StatusOK, views.ErrorPage(views.ErrorView{
		Status: status, RequestID: "EXAMPLE", RetryAfter: 4 * time.Minute, Again: "/dev/views",
	}))
}
