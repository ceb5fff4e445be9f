// Package login is layer 2, on top of sessions: who is logged in where, log in, log out, and the guard that stands before
// every route. It knows no HTML.
//
// A section needs two of its functions: Current, for the user of a request to a private page, and From, on pages that are open
// to guests, too. Who may open a page is said by its route (web.Private and the like).
//
// A login is a user on a session, a row of its own. That row, joined with its session and its user by the token that a
// request presented, is the whole authority, and it is read on every request: the next request sees a login that was
// ended anywhere, an account that was disabled, a role that was changed.
package login

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/known"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
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
	o.Sessions.Join(user.Columns+", "+columns, joins, newJoined)
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
