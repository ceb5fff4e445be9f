// Package session is layer 1: it recognises every visitor and keeps data for each. It knows browsers, tokens and
// typed keys, and no users: an application without package login keeps a working session layer.
//
// What is kept for a visitor is declared once, as a package variable, and used with the context of a request:
//
//	var seen = session.NewCounter("home.views")
//	var theme = session.NewKey[string]("theme", session.KeptAtLogout)
//	var basket = session.NewPool("shop.basket")
//
//	n := seen.Add(r.Context(), 1)
//	theme.Set(r.Context(), "dark")
//	basket.Set(r.Context(), "Mint", 2)
//
// Changes are committed before the first byte of the answer, unless it is a 5xx; a change after that panics. If the commit
// fails, so does the request, except for what only remembers a visit on a page that is read, such as a counter. A visitor's
// data may hold 1 MiB of JSON; beyond that, the request fails with fault.TooLarge. Outside a request, and on a route
// WithoutSession, functions that take a context panic.
//
// One row of the table sessions is one visitor's browser. Its id is stable and internal; the browser's cookie carries
// a random token of 256 bits, of which the table knows only the SHA-256. Three rules make an end final:
//
//   - a row is created by INSERT once and changed by UPDATE only, so that an ended session cannot come back;
//   - what a request may do is read by the token that it presented, never by the row's id;
//   - a request commits its changes, not its copy of the data.
//
// It is built on scs: scsStore is an scs.CtxStore; the rows and their scs.Codec are kept by package store. In place of
// scs's LoadAndSave, Handler loads and commits, because the commit must come before the first byte and may fail. A visit is
// what one request knows of its session.
package session

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session/store"
)

const (
	// tryFor is how long a page waits to store what only remembers a visit, before it goes out without that.
	tryFor = 250 * time.Millisecond
	// firstHit is the lifetime of a visitor whose browser has not sent the cookie back yet: most of them are robots.
	firstHit = 30 * time.Minute
	// untilClosed is how long the server keeps a session whose cookie ends with the browser.
	untilClosed = 30 * 24 * time.Hour
	// cookieAge is the Max-Age of a cookie that outlives the browser: the most that browsers grant (RFC 6265bis, 5.5).
	// The server judges expiry by itself.
	cookieAge = 400 * 24 * time.Hour
	// Lag is the longest time until the other instances can read what one of them saw of a visitor.
	Lag = 2*store.FlushEvery + time.Second
)

// Options are what New needs. DB, Limits, Log, Now, CookieName and Fail are required.
type Options struct {
	DB     *database.DB
	Limits *ratelimit.Store
	Log    *slog.Logger
	Now    func() time.Time

	CookieName   string
	CookieDomain string          // default "": the host alone
	Secure       bool            // the site is served by https
	Lifetime     time.Duration   // of a returning visitor; 0: until the browser closes
	Fixed        bool            // the lifetime counts from the first visit and does not slide
	Creation     ratelimit.Limit // of new rows, by client address
	Traces       bool            // note what each request reads, for Trace; for development

	// Fail answers a request that failed, with a page.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
	// Headers sets the headers that every answer carries; used when a handler's own headers must be forgotten.
	Headers func(h http.Header)
}

// Sessions is the session layer of one running application.
type Sessions struct {
	Options
	engine *scs.SessionManager
	rows   *store.Store
}

// New returns a session layer. Call Run to let it write activity.
func New(o Options) *Sessions {
	s := &Sessions{Options: o, rows: store.New(o.DB, o.Log, o.Now)}
	// Not scs.New(), which starts a store and a goroutine of its own. IdleTimeout stays 0:
	// it would make every request a write, and let a GET in flight revive an ended session.
	s.engine = &scs.SessionManager{Store: scsStore{s}, Codec: store.Codec{}, Lifetime: cookieAge}
	return s
}

// lifetime is how long the row of a returning visitor lives.
func (s *Sessions) lifetime() time.Duration { return cmp.Or(s.Lifetime, untilClosed) }

// Run writes the activity that waits, every two seconds and once more when the context ends.
func (s *Sessions) Run(ctx context.Context) { s.rows.Run(ctx) }

// Flush writes the activity that waits.
func (s *Sessions) Flush(ctx context.Context) error { return s.rows.Flush(ctx) }

// Sweep deletes at most 200 rows of each kind that has run out, and returns how many.
func (s *Sessions) Sweep(ctx context.Context) (int64, error) { return s.rows.Sweep(ctx) }

// Activity is what a visitor did since it was last written: when the session was last seen, and the page views.
type Activity = store.Activity

// A View is one request of a visitor.
type View = store.View

// Join lets one other layer read columns with every session, in the same statement and so of the same moment. from are LEFT
// JOINs on s, which is the table sessions. row is called for each row that is read: it returns what Joined is to return, and
// where the columns go, NULL where nothing was joined.
func (s *Sessions) Join(columns, from string, row func() (joined any, into []any)) {
	s.rows.Join(columns, from, row)
}

// Joined returns what was read along with this request's session, or nil if the request has another session by now.
func Joined(ctx context.Context) any { return visitOf(ctx).session().Joined }

// OnSeen adds a function that is told of a session, by its id, and its activity, in the transaction that saves it.
func (s *Sessions) OnSeen(f func(context.Context, string, Activity) error) { s.rows.OnSeen(f) }

// OnClockBack adds a function that is told of each session, by its id, that was last seen in the future because the clock was
// put back. It runs in the transaction of [Sessions.CountFromNow].
func (s *Sessions) OnClockBack(f func(context.Context, string, time.Time) error) {
	s.rows.OnClockBack(f)
}

// CountFromNow mends a session that was last seen in the future, because the clock was put back: what was left of its
// lifetime then counts from now.
func (s *Sessions) CountFromNow(ctx context.Context, id string, now time.Time) error {
	return s.rows.CountFromNow(ctx, id, now)
}

// A Visitor is what is known of the browser that sent this request.
type Visitor struct {
	ID        string // "" while nothing is kept about this browser
	FirstSeen time.Time
	LastSeen  time.Time // before this request
	Hits      int64     // before this request
	Network   string    // truncated to /24 or /48
	UserAgent string
}

// Current returns the visitor of this request.
func Current(ctx context.Context) Visitor {
	r := visitOf(ctx).session()
	return Visitor{r.ID, r.Created, r.Seen, r.Hits, r.Network, r.UserAgent}
}

// Waiting returns the activity of this visitor that waits to be written.
func Waiting(ctx context.Context) Activity {
	v := visitOf(ctx)
	return v.s.rows.Waiting(v.row.ID)
}

// LastSeen returns when a session was last seen. row is what its row says, which lags behind activity that waits to be
// written. The answer is never in the future, even if the clock was put back.
func (s *Sessions) LastSeen(id string, row time.Time) time.Time { return s.rows.LastSeen(id, row) }

// WithoutSession says that this page does not create a session for a visitor who has none.
func WithoutSession(ctx context.Context) { visitOf(ctx).mayCreate = false }

// Navigation reports whether a person opened this page: not a prefetch, nor something that a page loads by itself.
func Navigation(ctx context.Context) bool { return mayCreate(visitOf(ctx).r) }

// Ended reports whether another request has ended or rotated the session of this one since it began: then this one can
// store nothing any more. It is false for a request without a session.
func (s *Sessions) Ended(ctx context.Context) (bool, error) { return s.rows.Gone(ctx, TokenHash(ctx)) }

// TokenHash is the hash of the token by which authority is read: the one that the request came with,
// or the one that it was rotated to. It is "" for a request without a live session.
func TokenHash(ctx context.Context) string { return visitOf(ctx).session().Hash }

// Limits are this package's lines of the table of limits.
var Limits = []ratelimit.Named{{
	Name: "visitor.address", Act: "be remembered as a new visitor", By: "address", Setting: "LIMIT_VISITOR_ADDRESS", Tries: 300,
	Beyond: "the page is served, the visitor is not remembered",
}}
