package feature

import (
	"net/http"

	"github.com/a-h/templ"
)

// A Part is what a feature adds to a page of the core on one request; a nil component is nothing.
type Part func(r *http.Request) (templ.Component, error)

// On returns what stands on the page of this request. Of a nil Part that is nothing.
func (p Part) On(r *http.Request) (templ.Component, error) {
	if p == nil {
		return templ.NopComponent, nil
	}
	part, err := p(r)
	if part == nil {
		part = templ.NopComponent
	}
	return part, err
}

// Places are the pages of the core that features add to. A part brings its script along by views.Script.
type Places struct {
	LogIn    Part // below the form of the page to log in; the page that was asked for is r.FormValue("next")
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
		above, err := first.On(r)
		if err != nil {
			return nil, err
		}
		below, err := second.On(r)
		return templ.Join(above, below), err
	}
}
