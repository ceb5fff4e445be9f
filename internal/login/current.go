package login

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

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

// idle is how long the login lasts without a request.
func (s *Service) idle(l Login) time.Duration {
	if l.Remembered {
		return s.RememberIdle
	}
	return s.Idle
}

// columns are those of a Login, of the table logins under the alias l.
const columns = `l.id, l.session_id, l.user_id, l.created_at, l.seen_at, l.expires_at, l.remembered, l.fresh_at, l.ip, l.user_agent`

// into returns where the columns of a row go.
func (l *Login) into() []any {
	return []any{
		&l.ID, &l.SessionID, &l.UserID, database.Moment(&l.CreatedAt), database.Moment(&l.SeenAt), database.Moment(&l.ExpiresAt),
		&l.Remembered, database.Moment(&l.ConfirmedAt), &l.Network, &l.UserAgent,
	}
}

// joins lead from a session to the login on it and to its user.
const joins = `LEFT JOIN logins l ON l.session_id = s.id LEFT JOIN users ON users.id = l.user_id`

// joined are a login and its user, as they were read with a session: both zero if nobody is logged in.
type joined struct {
	user  user.User
	login Login
}

var nobody = current{joined: &joined{}}

// newJoined returns a *joined, and where the columns go that are read for it.
func newJoined() (any, []any) {
	var j joined
	return &j, database.OrZero(append(j.user.Into(), j.login.into()...)...)
}

// find returns who is logged in on the session of this request, whose token has this hash: the authority of each request. It
// was read with the session.
func (s *Service) find(ctx context.Context, tokenHash string) (c current, in bool, err error) {
	j, ok := session.Joined(ctx).(*joined)
	if !ok { // the session has changed since
		if j, err = s.read(ctx, tokenHash); err != nil {
			return nobody, false, err
		}
	}
	now := s.Now()
	if j.login.SeenAt.After(now) { // the clock was put back
		if j.login.SeenAt.After(now.Add(skew)) {
			if err := s.Sessions.CountFromNow(ctx, j.login.SessionID, now); err != nil { // the janitor will
				s.Log.Warn("login of the future", "login", j.login.ID, "err", err)
			}
		}
		j = &joined{j.user, j.login.asOf(now)}
	}
	return current{joined: j}, j.login.ID != "", nil
}

// read returns who is logged in on the session whose token has this hash, nobody if nobody is.
func (s *Service) read(ctx context.Context, tokenHash string) (*joined, error) {
	j, into := newJoined()
	err := s.DB.QueryRowContext(ctx, `SELECT `+user.Columns+`, `+columns+` FROM sessions s `+joins+` WHERE s.token_hash = $1`, tokenHash).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return nobody.joined, nil
	}
	return j.(*joined), err
}

// asOf returns the login as it counts at this time. If it was last seen in the future, the clock was put back: what was left
// of it then counts from now, and it is not fresh, because nobody knows any more when the password was given. A difference of
// up to skew means nothing: the clocks of two instances may differ by that much.
func (l Login) asOf(now time.Time) Login {
	ahead := l.SeenAt.Sub(now)
	if ahead <= 0 {
		return l
	}
	l.CreatedAt, l.SeenAt, l.ExpiresAt, l.ConfirmedAt = l.CreatedAt.Add(-ahead), now, l.ExpiresAt.Add(-ahead), l.ConfirmedAt.Add(-ahead)
	if ahead > skew {
		l.ConfirmedAt = time.Time{}
	}
	return l
}

// skew is how far the clocks of two instances may differ.
const skew = time.Minute
