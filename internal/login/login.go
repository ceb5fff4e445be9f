// Package login is layer 2, on top of sessions: who is logged in where, log in, log out, and the guard that stands before
// every route. It knows no HTML.
//
// A login is a user on a session, a row of its own. That row, joined with its session and its user by the token that a
// request presented, is the whole authority, and it is read on every request: the next request sees a login that was
// ended anywhere, an account that was disabled, a role that was changed.
package login

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/known"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// Known are the tokens of a browser that has been logged in before.
type Known = known.Tokens

// ErrWrong is the one answer to a wrong password, an unknown account and a disabled one.
var ErrWrong = errors.New("address and password do not match")

// Options are what the service needs. All must be given.
type Options struct {
	DB       *database.DB
	Sessions *session.Sessions
	Users    *user.Store
	Audit    *audit.Log
	Hasher   *password.Hasher
	Buckets  *ratelimit.Store
	Limit    func(name string) ratelimit.Limit // the table of limits
	Log      *slog.Logger
	Now      func() time.Time

	Idle, Lifetime                 time.Duration // of a login that ends with the browser
	RememberIdle, RememberLifetime time.Duration // with "keep me logged in"
	FreshFor                       time.Duration

	KnownCookie string // the name of the cookie of known browsers
	Secure      bool   // the site is served by https
}

// Service is the login layer of one running application.
type Service struct {
	Options
	*known.Browsers // in which an account has been logged in before
	SecondStep      // who has a second factor; nil: nobody. Set before anything is served
	afterLogIn      []func(ctx context.Context, u user.User)
	afterLogOut     []func(ctx context.Context, u user.User)
}

// New returns a login service on top of the sessions.
func New(o Options) *Service {
	s := &Service{Options: o, Browsers: known.New(o.DB, o.Users, o.Now, o.KnownCookie, o.Secure)}
	o.Sessions.Join(user.Columns+", "+columns, joins, scanJoined)
	o.Sessions.OnSeen(s.seen)
	o.Sessions.OnClockBack(s.clockBack)
	return s
}

// AfterLogIn adds a function that is called after each log in and registration, once it has been committed: the place to
// carry over what the visitor collected as a guest. It may use the session.
func (s *Service) AfterLogIn(f func(ctx context.Context, u user.User)) {
	s.afterLogIn = append(s.afterLogIn, f)
}

// AfterLogOut adds a function that is called after each log out that a user asked for. The session is already the fresh
// one.
func (s *Service) AfterLogOut(f func(ctx context.Context, u user.User)) {
	s.afterLogOut = append(s.afterLogOut, f)
}

// A Login is a user on a session: one browser where somebody is logged in.
type Login struct {
	ID, SessionID, UserID string
	CreatedAt, SeenAt     time.Time
	ExpiresAt             time.Time // the absolute limit
	Remembered            bool
	ConfirmedAt           time.Time // when the password was last given
	Network               string    // truncated
	UserAgent             string
}

// current is who is logged in on a request. What was read is shared by requests, and nobody changes it.
type current struct {
	*joined
	fresh bool
}

type currentKey struct{}

func currentOf(ctx context.Context) (current, bool) {
	if c, in := ctx.Value(currentKey{}).(current); in {
		return c, true
	}
	return nobody, false
}

// From returns the user who is logged in, and whether somebody is.
func From(ctx context.Context) (user.User, bool) {
	c, in := currentOf(ctx)
	return c.user, in
}

// Current returns the user of a request to a route that needs a login. It panics on a route that is open to guests:
// there use From.
func Current(r *http.Request) user.User {
	c, in := currentOf(r.Context())
	if !in {
		panic("login: Current on a route that is open to guests")
	}
	return c.user
}

// CurrentLogin returns the login of a request to a route that needs one. It panics like Current.
func CurrentLogin(r *http.Request) Login {
	Current(r)
	c, _ := currentOf(r.Context())
	return c.login
}

// Handler finds out who is logged in, for the guard and for pages that are open to all. It stands inside the session.
func (s *Service) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if web.RequestOf(ctx).Refused == nil {
			s.ExpireStrays(w, r)
		}
		c, in, err := s.who(r)
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		if in {
			ctx = context.WithValue(ctx, currentKey{}, c)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// who returns who is logged in on a request. A login that has expired ends, and so does one of a disabled account.
func (s *Service) who(r *http.Request) (c current, in bool, err error) {
	ctx := r.Context()
	hash := session.TokenHash(ctx)
	if hash == "" {
		return nobody, false, nil
	}
	c, in, err = s.find(ctx, hash)
	if err != nil || !in {
		return nobody, false, err
	}
	if s.expired(c.login) || c.user.Disabled() {
		// Of a disabled account, too: if it is enabled again, its earlier logins stay ended.
		if web.RequestOf(ctx).Refused == nil { // what is refused changes nothing
			err = s.expire(r, c)
		}
		return nobody, false, err
	}
	since := s.Now().Sub(c.login.ConfirmedAt)
	c.fresh = since >= 0 && since < s.FreshFor
	web.RequestOf(ctx).UserID = c.user.ID
	return c, true, nil
}

// expired reports whether the login is over by its idle or its absolute limit, given the activity that is not written yet.
func (s *Service) expired(l Login) bool {
	idle := s.idle(l)
	// Other instances write what they saw every few seconds: nobody is logged out in between.
	idle += min(session.Lag, idle/20)
	now := s.Now()
	return !now.Before(l.ExpiresAt) || now.Sub(s.Sessions.LastSeen(l.SessionID, l.SeenAt)) >= idle
}

// expire ends the visitor's login, which has expired, and gives the browser a fresh session.
func (s *Service) expire(r *http.Request, c current) error {
	ctx := r.Context()
	err := s.Sessions.Reset(ctx, func(ctx context.Context, freshID string) error {
		return s.Audit.Emit(ctx, audit.Event{
			Name: audit.LoginExpired, User: c.user, LoginID: c.login.ID, SessionID: c.login.SessionID, FreshSessionID: freshID,
		})
	})
	route := web.RequestOf(ctx).Route
	if err == nil && session.TokenHash(ctx) == "" && !web.Safe(r.Method) && (route == nil || !route.Revoked) {
		// Another request was first, and has the fresh session's cookie: the browser sends this one again under it.
		return fault.SessionEnded
	}
	return err
}
