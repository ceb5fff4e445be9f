// Package feature is the seam: what a section of yours, or a capability of ours, adds to the program. Both are a Feature:
// one folder, one line in app/features.go and, where it has tables, one migration. Taking it out is deleting these.
//
// A section has a function New that returns its Feature, and keeps the Core for its handlers:
//
//	func New(core *feature.Core) feature.Feature {
//		s := &Section{core}
//		return feature.Feature{
//			Name:   "shop",
//			Routes: []web.Route{web.Public.At("GET /shop", s.show).Titled("Shop").InMenu("Shop")},
//		}
//	}
//
// Its line in app/features.go says where it lies and who may open it: feature.Section("/shop", web.Public, shop.New(core)).
package feature

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// A Feature is what a folder adds to the program. All fields are optional.
type Feature struct {
	Name string // of its folder

	// Routes are its lines of the map. Section holds them to a prefix and a floor.
	Routes []web.Route
	// Guard wraps all handlers. It runs after the guard of package login, which decides who may open a page.
	Guard func(next http.Handler) http.Handler
	// Seen is called with what a visitor has done since the last call, in the transaction that stores when the session was last
	// seen.
	Seen func(ctx context.Context, sessionID string, a session.Activity) error
	// On is called with each security event, in the transaction of the act. An error rolls the act back.
	On audit.Subscriber

	// Settings points to a struct whose tags declare settings, as those of config.Config do. It is filled before anything
	// is served, so a handler may read it and New may not.
	Settings any
	// Limits are its lines of the table of limits. A route names one with Limited.
	Limits []ratelimit.Named

	// CheckPassword returns what is wrong with a new password, "" if nothing. It may ask a server, since no transaction is open.
	CheckPassword func(ctx context.Context, password string) (problem string)
	// Landing returns where somebody is sent who has just logged in, "" for the page that they asked for.
	Landing func(ctx context.Context) (path string, err error)
	// Places are what it adds to pages of the core.
	Places Places
	// WaysIn returns the ways to log in that it gives a user, such as their passkeys, and the factors.
	WaysIn func(ctx context.Context, u user.User) ([]Way, error)
	// Advise recommends a next step on Login & security, which shows that of the first feature that has one.
	Advise Adviser
	// Factor is what it offers as a second factor; nil for none.
	Factor *factor.Factor
	// Start is called once the layers are built, before anything is served; an error stops the start.
	Start func(ctx context.Context) error
	// Account are its entries in the menu of the account's pages.
	Account []views.Link
	// Leaving are links that the page to delete the account shows first.
	Leaving []views.Link
	// Privacy returns what it keeps about this browser, for /privacy.
	Privacy func(ctx context.Context) ([]views.Fact, error)
	// PrivacyPart is its part of /privacy, below those facts; nil where it has nothing to show.
	PrivacyPart func(r *http.Request) (templ.Component, error)

	// Exports are its tables that hold something of a user: they are named before the account is deleted, and erased with it.
	Exports []database.Export
	// Sweep deletes at most 200 rows that have expired, and returns how many. The janitor calls it until there are none.
	Sweep func(ctx context.Context) (int64, error)
	// Seed gives a user of a development database examples to look at. Called again it changes nothing: it begins by asking
	// whether the user has some.
	Seed func(ctx context.Context, u user.User) error
	// Commands points to a struct of commands, as kong reads one. Their Run methods may take a context.Context, an io.Writer
	// for what they print, and Open.
	Commands any
}

// Open opens the program on its database without serving, for a command, and closes it after do.
type Open func(do func(core *Core, features []Feature) error) error

// Section returns the feature as a section: its routes stay within the prefix, and none is more open than the floor.
// It panics, and so refuses to start, if one is not.
func Section(prefix string, floor web.Access, f Feature) Feature {
	f.Routes = web.Within(prefix, floor, f.Routes)
	return f
}

// A Core is what features are made of: the parts of the running program. A feature's New only stores it: to list settings,
// limits and routes without a database, the program makes its features with a Core that is empty.
type Core struct {
	Config  config.Config
	Log     *slog.Logger
	Now     func() time.Time
	BaseURL func() string // of the site, without a slash at the end
	// Listening returns the address at which this machine reaches the program, without a slash at the end. It differs from
	// BaseURL behind a proxy.
	Listening func() string
	// Map returns every route of the running program, those of tests included.
	Map func() []web.Route
	// Kept returns what the features keep about the browser that sent a request: facts, and their parts of /privacy.
	Kept func(r *http.Request) ([]views.Fact, []templ.Component, error)

	DB       *database.DB
	Sessions *session.Sessions
	Buckets  *ratelimit.Store
	Limits   ratelimit.Table

	Accounts
}

// Take takes one try from the limit with this name, counted by who, such as a user's id. It returns fault.RateLimited.
func (c *Core) Take(ctx context.Context, limit string, who ...string) error {
	return c.Buckets.Take(ctx, c.Limits.Limit(limit).For(who...))
}
