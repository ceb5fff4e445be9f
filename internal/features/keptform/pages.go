package keptform

import (
	"errors"
	"net/http"
	"strings"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// page is where a user is shown the form that was posted when their login had expired.
const page = "/kept-form"

func (k *Kept) show(w http.ResponseWriter, r *http.Request) error {
	f, err := k.find(r.Context())
	if errors.Is(err, fault.NotFound) {
		return web.Render(w, r, http.StatusNotFound, noKeptFormPage())
	}
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, keptFormPage(f))
}

func (k *Kept) discard(w http.ResponseWriter, r *http.Request) error {
	next := "/account"
	f, err := k.find(r.Context())
	switch {
	case err == nil:
		next = f.Section
	case !errors.Is(err, fault.NotFound):
		return err
	}
	if err := k.drop(r.Context()); err != nil {
		return err
	}
	session.Flash(r.Context(), "The form was discarded.")
	return web.SeeOther(w, r, next)
}

// multiline reports whether a value is shown as a text: an input of one line would take its line ends away.
func multiline(f Field) bool { return len(f.Value) > 80 || strings.ContainsAny(f.Value, "\r\n") }

func enctype(f Form) string {
	if f.Multipart {
		return "multipart/form-data"
	}
	return "application/x-www-form-urlencoded"
}
