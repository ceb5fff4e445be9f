// Package login is layer 2, a module on top of sessions: users, logins, passwords, and the guard that stands
// before every route. It knows no HTML.
//
// A login is a user on a session, a row of its own. That row, joined with its session and its user by the token that
// a request presented, is the whole authority, and it is read on every request: a login that was ended anywhere, an
// account that was disabled, a role that was changed is seen by the very next one.
package login

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

var (
	// ErrWrong is the one answer to a wrong password, an unknown account and a disabled one.
	ErrWrong = errors.New("address and password do not match")
	// ErrTaken says that there is an account with this address.
	ErrTaken = errors.New("address is taken")
	// ErrClosed says that nobody may register.
	ErrClosed = errors.New("registration is closed")
)

// RoleAdmin is the role that web.Admin asks for.
const RoleAdmin = "admin"

// Options are what the module needs. All must be given but Pwned and PwnedTimeout.
type Options struct {
	DB       *database.DB
	Sessions *session.Sessions
	Limits   *ratelimit.Store
	Mail     *mail.Outbox
	Log      *slog.Logger
	Now      func() time.Time

	Site         string        // the product's name, in mails
	BaseURL      func() string // of the site, without a slash at the end: what links in mails begin with
	Registration string        // REGISTRATION: open, verify, invite or closed
	Tries        Tries
	MinPassword  int    // PASSWORD_MIN_LENGTH
	Pwned        string // PWNED_PASSWORDS: "off", "on" or the address of a server; "" is off
	// PwnedTimeout is how long its server may take; 2 s by default.
	PwnedTimeout time.Duration
	BcryptCost   int

	Idle, Lifetime                 time.Duration // of a login that ends with the browser
	RememberIdle, RememberLifetime time.Duration // with "keep me logged in"
	FreshFor                       time.Duration

	KnownCookie  string // the name of the cookie of known browsers
	CookieDomain string
	Secure       bool
}

// Tries are the limits on trying; see DESIGN in docs/reference/limits.md for the defaults.
type Tries struct {
	AccountAddress ratelimit.Limit // log in, by account and address
	Account        ratelimit.Limit // log in, by account
	Address        ratelimit.Limit // log in, by address
	KnownBrowser   ratelimit.Limit // log in, by a browser that has logged in to this account before
	Confirm        ratelimit.Limit // the password asked again, by account
	Register       ratelimit.Limit // register, by address
	MailAddress    ratelimit.Limit // acts that send a mail, by address
	MailAccount    ratelimit.Limit // mails of one kind, by account; beyond it none is sent
	Link           ratelimit.Limit // uses of links from mails, by address
	Export         ratelimit.Limit // download one's data, by account
}

// A Module is the login module of one running application.
type Module struct {
	Options
	hasher      *hasher
	afterLogIn  []func(ctx context.Context, u User)
	afterLogOut []func(ctx context.Context, u User)
}

// New returns a login module on top of the sessions.
func New(o Options) (*Module, error) {
	h, err := newHasher(o.BcryptCost)
	if err != nil {
		return nil, err
	}
	m := &Module{Options: o, hasher: h}
	o.Sessions.OnSeen(m.saw)
	return m, nil
}

// AfterLogIn adds a function that is called after each log in and registration, when it has been committed:
// the place to carry over what the visitor collected as a guest. It may use the session.
func (m *Module) AfterLogIn(f func(ctx context.Context, u User)) {
	m.afterLogIn = append(m.afterLogIn, f)
}

// AfterLogOut adds a function that is called after each log out that a user asked for.
// The session is already the fresh one.
func (m *Module) AfterLogOut(f func(ctx context.Context, u User)) {
	m.afterLogOut = append(m.afterLogOut, f)
}

// A User is an account.
type User struct {
	ID      string
	Email   string // as the user wrote it
	Role    string // "" or RoleAdmin
	Created time.Time
	Changed time.Time // of the password
	Proven  time.Time // when the address was proven; zero until then
	// Disabled is when an operator disabled the account; zero if it is enabled. A request never sees a disabled user.
	Disabled time.Time
	Profile

	registeredBy string // hash of the known-browser token of the browser that registered
}

// A Login is a user on a session: one browser where somebody is logged in.
type Login struct {
	ID, SessionID, UserID string
	Created, Seen         time.Time
	Expires               time.Time // the absolute limit
	Remembered            bool
	Proven                time.Time // when the password was last given
	Network               string    // truncated
	UserAgent             string
}

// standing is what the visitor may do, found anew for each request.
type standing struct {
	user  User
	login Login
	in    bool
	fresh bool
}

type standingKey struct{}

func standingOf(ctx context.Context) standing {
	st, _ := ctx.Value(standingKey{}).(standing)
	return st
}

// Current returns the user of a request to a route that needs a login. It panics on a route open to guests:
// there ask Of.
func Current(r *http.Request) User {
	st := standingOf(r.Context())
	if !st.in {
		panic("login: Current on a route that is open to guests")
	}
	return st.user
}

// CurrentLogin returns the login of a request to a route that needs one; it panics like Current.
func CurrentLogin(r *http.Request) Login {
	Current(r)
	return standingOf(r.Context()).login
}

// Of returns the user, and whether somebody is logged in.
func Of(ctx context.Context) (User, bool) {
	st := standingOf(ctx)
	return st.user, st.in
}

// Handler finds out who is logged in, for the guard and for pages that are open to all. It stands inside the session.
func (m *Module) Handler(next http.Handler) http.Handler {
	next = m.keepForms(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		hash := session.TokenHash(ctx)
		if hash == "" {
			next.ServeHTTP(w, r)
			return
		}
		st, err := m.find(ctx, hash)
		over := err == nil && st.in && (m.ranOut(st.login) || !st.user.Disabled.IsZero())
		switch {
		case over && web.RequestOf(ctx).Refused: // what is refused changes nothing
			st = standing{}
		case over:
			// Of a disabled account, too: if it is enabled again, its earlier logins stay ended.
			err = m.note(ctx, LoginExpired, st.user.ID, "", "login", st.login.ID)
			st, err = standing{}, errors.Join(err, m.runOut(r, st))
		}
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		if st.in {
			st.fresh = m.Now().Sub(st.login.Proven) < m.FreshFor
			ctx = context.WithValue(ctx, standingKey{}, st)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// ranOut reports whether the login is over by its idle or its absolute limit, judged with the activity that is not
// written yet.
func (m *Module) ranOut(l Login) bool {
	idle := m.idle(l)
	// Other instances write what they saw every few seconds: nobody is logged out in between.
	idle += min(session.Lag, idle/20)
	now := m.Now()
	return !now.Before(l.Expires) || now.Sub(m.Sessions.LastSeen(l.SessionID, l.Seen)) >= idle
}
