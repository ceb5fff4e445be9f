// Package web is the kit that every page is made with: the map's lines and their access, rendering, error answers,
// headers, and the checks that stand before the session. It knows HTTP and the look, and no users.
//
// A route is an access, a pattern and a handler, and a handler reads the request, acts, answers, and returns its error:
//
//	web.Public.At("GET /books/{id}", s.show)
//
//	func (s *Section) show(w http.ResponseWriter, r *http.Request) error {
//		book, err := s.store.Book(r.Context(), r.PathValue("id"))
//		if err != nil {
//			return err // fault.NotFound becomes the page for 404
//		}
//		return web.Render(w, r, http.StatusOK, bookPage(book))
//	}
package web

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/a-h/templ"
)

// html is the Content-Type of a page. All answers share the value, which nobody changes.
var html = []string{"text/html; charset=utf-8"}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render renders the page to memory and then writes it, so that a template that fails leaves no half page.
func Render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	RequestOf(r.Context()).Status = status // flash messages are taken only if this is a page that a person sees
	if err := page.Render(r.Context(), buf); err != nil {
		return err
	}
	h := w.Header()
	h["Content-Type"] = html
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	w.Write(buf.Bytes()) //nolint:errcheck // the client went away; there is nobody left to tell
	return nil
}

// SeeOther sends the browser to another page of ours with 303: the answer to every POST that succeeded.
// A target that came from a browser passes LocalPath first.
func SeeOther(w http.ResponseWriter, r *http.Request, target string) error {
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// Chain returns the handler behind the middleware, of which the first runs first.
func Chain(h http.Handler, middleware ...func(http.Handler) http.Handler) http.Handler {
	for _, m := range slices.Backward(middleware) {
		h = m(h)
	}
	return h
}
