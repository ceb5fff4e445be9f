// Package session is layer 1: it recognises every visitor and keeps data for each. It knows browsers, tokens and
// typed keys, and no users: an application without package login keeps a working session layer.
//
// One row of the table sessions is one visitor's browser. Its id is stable and internal; the browser's cookie carries
// a random token of 256 bits, of which the table knows only the SHA-256. Three rules make an end final:
//
//   - a row is created by INSERT once and changed by UPDATE only, so that an ended session cannot come back;
//   - what a request may do is read by the token that it presented, never by the row's id;
//   - a request commits its changes, not its copy of the data.
//
// It is built on scs: store is an scs.CtxStore and codec an scs.Codec. In place of scs's LoadAndSave, Handler loads and
// commits, because the commit must come before the first byte and may fail. A visit is what one request knows of its
// session.
package session

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/ratelimit"
)

const (
	// revokedFor is how long an ended or replaced token is remembered: longer than any request is in flight.
	revokedFor = time.Minute
	// tryFor is how long a page waits to store what only remembers a visit, before it goes out without that.
	tryFor = 250 * time.Millisecond
	// firstHit is the lifetime of a visitor whose browser has not sent the cookie back yet: most of them are robots.
	firstHit = 30 * time.Minute
	// untilClosed is how long the server keeps a session whose cookie ends with the browser.
	untilClosed = 30 * 24 * time.Hour
	// cookieAge is the Max-Age of a cookie that outlives the browser: the most that browsers grant (RFC 6265bis, 5.5).
	// The server judges expiry by itself.
	cookieAge = 400 * 24 * time.Hour
	// maxData bounds one visitor's data, in bytes of JSON.
	maxData = 1 << 20
)

// Options are what a Sessions needs. DB, Limits, Log, Now and Fail must be given.
type Options struct {
	DB     *database.DB
	Limits *ratelimit.Store
	Log    *slog.Logger
	Now    func() time.Time

	CookieName   string          // default "latchkey"
	CookieDomain string          // default "": the host alone
	Secure       bool            // the site is served by https
	Lifetime     time.Duration   // of a returning visitor; 0: until the browser closes
	Fixed        bool            // the lifetime counts from the first visit and does not slide
	Creation     ratelimit.Limit // of new rows, by client address

	// Fail answers a request that failed, with a page.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
	// Headers sets the headers that every answer carries; used when a handler's own headers must be forgotten.
	Headers func(h http.Header)
}

// Sessions is the session layer of one running application.
type Sessions struct {
	Options
	engine *scs.SessionManager
	batch  batch
	rows   *database.Cache[stored]
	onSeen []func(ctx context.Context, sessionID string, at time.Time) error
	onBack []func(ctx context.Context, sessionID string, now time.Time) error
	latest atomic.Int64 // the latest time of any request, in Unix milliseconds: see repair
}

// New returns a session layer. Call Run to let it write activity and sweep what expired.
func New(o Options) *Sessions {
	if o.CookieName == "" {
		o.CookieName = "latchkey"
	}
	s := &Sessions{Options: o, rows: database.NewCache(o.DB, mostHeld, stored.size)}
	s.batch.pending = map[string]*activity{}
	s.latest.Store(math.MaxInt64) // the clock may have been put back before this start
	// Not scs.New(), which starts a store and a goroutine of its own. IdleTimeout stays 0:
	// it would make every request a write, and let a GET in flight revive an ended session.
	s.engine = &scs.SessionManager{Store: store{s}, Codec: codec{}, Lifetime: cookieAge}
	return s
}

// OnSeen adds a function that is told, in the transaction that saves activity, when a session was last seen.
func (s *Sessions) OnSeen(f func(ctx context.Context, sessionID string, at time.Time) error) {
	s.onSeen = append(s.onSeen, f)
}

// OnClockBack adds a function that is told of each session that was seen in the future, in the transaction that counts
// its times from now: the clock was put back.
func (s *Sessions) OnClockBack(f func(ctx context.Context, sessionID string, now time.Time) error) {
	s.onBack = append(s.onBack, f)
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
	v := visitOf(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state != live {
		return Visitor{}
	}
	_, hits := v.s.batch.seen(v.row.id)
	return Visitor{
		ID: v.row.id, FirstSeen: v.row.created, Network: v.row.ip, UserAgent: v.row.userAgent,
		LastSeen: v.s.LastSeen(v.row.id, v.row.seen), Hits: v.row.hits + hits,
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// LastSeen returns when a session was last seen, given what its row says: the row may lag behind by what
// waits to be written. It is never in the future, though the clock was put back.
func (s *Sessions) LastSeen(id string, row time.Time) time.Time {
	seen, _ := s.batch.seen(id)
	return earliest(latest(row, seen), s.Now())
}

// WithoutSession says that this page does not create a session for a visitor who has none.
func WithoutSession(ctx context.Context) { visitOf(ctx).mayCreate = false }

// Navigation reports whether a person opened this page: not a prefetch, nor something that a page loads by itself.
func Navigation(ctx context.Context) bool { return mayCreate(visitOf(ctx).r) }

// Ended reports whether another request has ended or rotated the session of this one since it began: then this one can
// store nothing any more. It is false for a request without a session.
func (s *Sessions) Ended(ctx context.Context) (bool, error) {
	hash := TokenHash(ctx)
	if hash == "" {
		return false, nil
	}
	_, _, err := s.find(ctx, hash)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	return false, err
}

// TokenHash is the hash of the token by which authority is read: the one that the request came with,
// or the one that it was rotated to. It is "" for a request without a live session.
func TokenHash(ctx context.Context) string {
	v := visitOf(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state != live {
		return ""
	}
	return v.row.hash
}

// Limits are this package's lines of the table of limits.
var Limits = []ratelimit.Named{{
	Name: "visitor.address", Act: "be remembered as a new visitor", By: "address", Setting: "LIMIT_VISITOR_ADDRESS", Tries: 300,
	Beyond: "the page is served, the visitor is not remembered",
}}
