package feature

import (
	"net/http"

	"github.com/a-h/templ"
)

// A Part is what a feature adds to a page of the core on one request; a nil component is nothing.
type Part func(r *http.Request) (templ.Component, error)

// On returns what stands on the page of this request. Of a nil Part that is nothing.
func (p Part) On(r *http.Request) (templ.Component, error) {
	part, err := p.Maybe(r)
	if part == nil {
		part = templ.NopComponent
	}
	return part, err
}

// Maybe returns the same, but nil where there is nothing.
func (p Part) Maybe(r *http.Request) (templ.Component, error) {
	if p == nil {
		return nil, nil
	}
	return p(r)
}

// Places are the pages of the core that features add to. A part brings its script along by views.Script.
type Places struct {
	// LogIn is a way to log in besides the password, under "Other ways to log in". The page that was asked for is
	// r.FormValue("next"); a button with form="login" and a formaction sends what was typed into the page's form.
	LogIn    Part
	Register Part // below the form to register
	Confirm  Part // below the form that makes a login fresh
	Security Part // rows of the ways in, on "Login & security"
}

// JoinPlaces returns what all features add to each page, in their order.
func JoinPlaces(features []Feature) (all Places) {
	for _, f := range features {
		all.LogIn = join(all.LogIn, f.Places.LogIn)
		all.Register = join(all.Register, f.Places.Register)
		all.Confirm = join(all.Confirm, f.Places.Confirm)
		all.Security = join(all.Security, f.Places.Security)
	}
	return all
}

func join(first, second Part) Part {
	if first == nil || second == nil {
		if first == nil {
			return second
		}
		return first
	}
	return func(r *http.Request) (templ.Component, error) {
		above, err := first(r)
		if err != nil {
			return nil, err
		}
		below, err := second(r)
		switch {
		case above == nil:
			return below, err
		case below == nil:
			return above, err
		}
		return templ.Join(above, below), err
	}
}
