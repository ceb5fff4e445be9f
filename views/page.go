// Package views is the look: the layout and the parts that every page is made of.
// It knows markup and plain values, and nothing of sessions, users or the database.
package views

import (
	"context"
	"time"
)

// Site is the product's name, as pages show it.
const Site = "Latchkey"

// A Page is what the layout knows of the request. Middleware puts it into the context; the layout reads it.
type Page struct {
	Path     string                   // of this request, for aria-current
	Back     string                   // where to come back to after a change of theme; "" for Path
	Known    bool                     // false where a request was refused before we looked who it is: no menu then
	LoggedIn bool                     //
	Name     string                   // what to call the user; "" for a guest
	Theme    string                   // "light", "dark", or "" to follow the system
	Menu     []Link                   // the sections this visitor may open
	Account  []Link                   // the pages of the account
	CanJoin  bool                     // registration is open
	DevMail  string                   // where mails stand that are not sent, in development; "" elsewhere
	Now      time.Time                // in the visitor's time zone
	Flash    func() []string          // takes the messages that wait for this visitor; may be nil
	Asset    func(name string) string // the address of a static file; may be nil
}

// A Link is a line of a menu.
type Link struct{ Href, Label string }

type pageKey struct{}

// With puts the page into the context.
func With(ctx context.Context, p *Page) context.Context {
	return context.WithValue(ctx, pageKey{}, p)
}

// Of returns the page of this request, or an empty one.
func Of(ctx context.Context) *Page {
	if p, ok := ctx.Value(pageKey{}).(*Page); ok {
		return p
	}
	return &Page{}
}

func (p *Page) asset(name string) string {
	if p.Asset == nil {
		return "/static/" + name
	}
	return p.Asset(name)
}

func (p *Page) back() string {
	if p.Back == "" {
		return p.Path
	}
	return p.Back
}

func (p *Page) flash() []string {
	if p.Flash == nil {
		return nil
	}
	return p.Flash()
}
