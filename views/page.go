// Package views is the look: the layout and the parts that every page is made of.
// It knows markup and plain values, and nothing of sessions, users or the database.
package views

import (
	"context"
	"strings"
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
	Name     string                   // what to call the user; "" for a guest, and for a user who gave none
	Email    string                   // the user's address; "" for a guest
	User     string                   // tells one user from another, for the script that hides a page whose login has ended; "" leaves it out
	Theme    string                   // "light", "dark", or "" to follow the system
	Menu     []Link                   // the sections this visitor may open
	Account  []Link                   // the pages of the account
	CanJoin  bool                     // registration is open
	DevMail  string                   // where mails are shown that are not sent, in development; "" elsewhere
	Now      time.Time                // in the visitor's time zone
	Flash    func() []string          // takes the messages that wait for this visitor; may be nil
	Asset    func(name string) string // the address of a static file; may be nil

	waiting []string // messages that were taken and not shown yet
}

// A Link is a line of a menu.
type Link struct {
	Href, Label string
	Icon        string   // one that Icon draws; "" for none
	Also        []string // addresses that belong here too, with all below them: see current
}

// current returns the place in menu of the line that is current on the page at path, or -1: of the lines whose address, or
// another that belongs to them, is path or above it, the one with the longest.
func current(menu []Link, path string) int {
	at, longest := -1, 0
	try := func(i int, address string) {
		if len(address) > longest && under(path, address) {
			at, longest = i, len(address)
		}
	}
	for i, l := range menu {
		try(i, l.Href)
		for _, address := range l.Also {
			try(i, address)
		}
	}
	return at
}

// under reports whether path is prefix, or something below it.
func under(path, prefix string) bool {
	rest, found := strings.CutPrefix(path, prefix)
	return found && (rest == "" || rest[0] == '/')
}

type pageKey struct{}

// With puts the page into the context.
func With(ctx context.Context, p *Page) context.Context {
	return context.WithValue(ctx, pageKey{}, p)
}

// Has reports whether there is a page in the context.
func Has(ctx context.Context) bool { return ctx.Value(pageKey{}) != nil }

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
