package enter

import (
	"errors"
	"net/http"
	"strings"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// keptFormPath is where a user is shown the form that was posted when their login had run out.
const keptFormPath = "/kept-form"

// entered leads on whoever has just logged in: to the form that waits for them or, without one, to next.
func (p *Pages) entered(w http.ResponseWriter, r *http.Request, next string) error {
	_, err := p.login.KeptForm(r.Context())
	switch {
	case err == nil:
		next = keptFormPath
	case !errors.Is(err, fault.NotFound):
		return err
	}
	return web.SeeOther(w, r, next)
}

func (p *Pages) showKeptForm(w http.ResponseWriter, r *http.Request) error {
	f, err := p.login.KeptForm(r.Context())
	if errors.Is(err, fault.NotFound) {
		return web.Render(w, r, http.StatusNotFound, noKeptFormPage())
	}
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, keptFormPage(f))
}

func (p *Pages) dropKeptForm(w http.ResponseWriter, r *http.Request) error {
	next := afterEntering
	f, err := p.login.KeptForm(r.Context())
	switch {
	case err == nil:
		next = f.Section
	case !errors.Is(err, fault.NotFound):
		return err
	}
	if err := p.login.DropForm(r.Context()); err != nil {
		return err
	}
	session.Flash(r.Context(), "The form was discarded.")
	return web.SeeOther(w, r, next)
}

// long reports whether a value is shown as a text: an input of one line would take its line ends away.
func long(f login.KeptField) bool { return len(f.Value) > 80 || strings.ContainsAny(f.Value, "\r\n") }

func enctype(f login.KeptForm) string {
	if f.Multipart {
		return "multipart/form-data"
	}
	return "application/x-www-form-urlencoded"
}
