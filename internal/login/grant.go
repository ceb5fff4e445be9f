package login

import (
	"cmp"
	"context"
	"errors"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// Credentials are what somebody logs in with.
type Credentials struct {
	Email, Password string
	Remember        bool   // keep me logged in
	Known           Known  // the tokens of the cookies of known browsers
	Next            string // the page that was asked for: see Terms
}

// LogIn logs the visitor in, and returns the token that makes this browser a known one.
// It returns ErrWrong if address and password do not match, ErrSecondStep as GrantTo does, fault.RateLimited, or
// fault.Unavailable.
//
// Who is logged in to the account already stays so, and is fresh; a login to another account ends. The try is counted
// before the hash is computed, so that parallel guesses count; a success gives its own back.
func (s *Service) LogIn(ctx context.Context, c Credentials) (known string, err error) {
	if session.Repeats(ctx) { // the first press has logged in
		if now, in := currentOf(ctx); in {
			return s.RememberAnew(ctx, now.user.ID, c.Known)
		}
	}
	u, err := s.Users.ByEmail(ctx, c.Email)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return "", err
	}
	if known, err = s.KnownBy(ctx, u.ID, c.Known); err != nil {
		return "", err
	}
	if err := s.checkPassword(ctx, u, c, known); err != nil {
		return "", err
	}
	now, in := currentOf(ctx)
	if in && now.user.ID == u.ID {
		err = s.Refresh(ctx, func(ctx context.Context) error {
			if known, err = s.RememberAnew(ctx, u.ID, c.Known); err != nil {
				return err
			}
			return s.confirmed(ctx)
		})
		return known, err
	}
	known, err = s.GrantTo(ctx, u, c.Known, Terms{Remember: c.Remember, Repeatable: true, Next: c.Next}, func(context.Context) error { return nil })
	if errors.Is(err, fault.NotFound) { // the password was changed or the account disabled meanwhile
		return "", ErrWrong
	}
	if (err == nil || errors.Is(err, ErrSecondStep)) && s.Hasher.Outdated(u.PasswordHash) {
		s.upgrade(ctx, u, c.Password)
	}
	return known, err
}

// checkPassword tests the password of whoever wants to log in. It returns ErrWrong, fault.RateLimited or fault.Unavailable.
func (s *Service) checkPassword(ctx context.Context, u user.User, c Credentials, known string) error {
	hash := u.PasswordHash
	if u.Disabled() {
		hash = ""
	}
	matches, err := s.matches(ctx, caller(ctx, c.Email, known != ""), hash, c.Password, s.tries(ctx, c, u.ID, known)...)
	if err == nil && !matches {
		err = errors.Join(ErrWrong, s.Audit.Emit(ctx, audit.Event{Name: audit.LogInFailed, User: u}))
	}
	return err
}

// tries returns the buckets that a try to log in takes from. A known browser has a bucket of its own, so that nobody can lock
// it out.
func (s *Service) tries(ctx context.Context, c Credentials, userID, known string) []ratelimit.Bucket {
	if known != "" {
		return []ratelimit.Bucket{s.Limit("login.known").For(userID, secret.Hash(known))}
	}
	key, network := user.NormalizeEmail(c.Email), web.RequestOf(ctx).Network()
	return []ratelimit.Bucket{
		s.Limit("login.account_address").For(key, network), s.Limit("login.account").For(key), s.Limit("login.address").For(network),
	}
}

// takeHash takes one hash for the caller, and with it one try from each of the buckets, unless the queue is full. A caller
// who is known has hashes of their own, for when others have used up those of the address.
func (s *Service) takeHash(ctx context.Context, c password.Caller, buckets ...ratelimit.Bucket) error {
	if err := s.Hasher.Overloaded(c); err != nil {
		return err
	}
	err := s.Buckets.Take(ctx, append(buckets, s.Limit("hash.address").For(c.Network))...)
	if _, limited := errors.AsType[*fault.RateLimited](err); limited && c.Known {
		err = s.Buckets.Take(ctx, append(buckets, s.Limit("hash.known").For(c.Account))...)
	}
	return err
}

// matches reports whether this is the password with the stored hash. It takes a hash for the caller and a try from each of
// the buckets, which get theirs back unless the password is wrong. It returns fault.RateLimited or fault.Unavailable.
func (s *Service) matches(ctx context.Context, c password.Caller, stored, typed string, buckets ...ratelimit.Bucket) (bool, error) {
	if err := s.takeHash(ctx, c, buckets...); err != nil {
		return false, err
	}
	matches, err := s.Hasher.Matches(ctx, c, stored, typed)
	if err == nil && !matches {
		return false, nil
	}
	return matches, errors.Join(err, s.Buckets.GiveBack(ctx, buckets...)) // also if nothing was tested
}

// Terms are how somebody is logged in.
type Terms struct {
	Remember   bool   // the login outlives the browser
	NewBrowser bool   // this browser had not logged in to the account before: its owner is told
	Repeatable bool   // the form holds the password: pressed twice, it logs in once
	Detail     string // what somebody logged in with, for the history; "" for a password
	Next       string // the page that was asked for, which a second step leads to; a web.LocalPath, "" for none
	Strong     bool   // it counts as two factors, as where a device checks its user, too: there is no second step
}

// lastWay is what somebody last logged in with on this browser: the Detail of the Terms.
var lastWay = session.NewKey[string]("login.last_way", session.KeptAtLogout)

// LastWay returns what somebody last logged in with on this browser, as in Terms.Detail: "" for a password, or if nobody has.
func LastWay(ctx context.Context) string { return lastWay.Or(ctx, "") }

// ErrSecondStep says that no login was granted yet: what was shown is right, and the account asks for a second factor. A
// handler returns it as any error, and the guard sends the visitor to SecondStepPath.
var ErrSecondStep = errors.New("a second factor is asked for")

// SecondStepPath is the page that asks for the second factor.
const SecondStepPath = "/login/second-factor"

// A SecondStep says whether a browser with these tokens must show a second factor to log in to the account. If so, it keeps
// the first step for the visitor, whose browser gets a new token. It runs in the transaction that holds the account's lock.
type SecondStep func(ctx context.Context, u user.User, known Known, t Terms) (asks bool, err error)

// GrantTo logs the visitor in to the account, and returns the token that makes this browser a known one: every way to log in
// ends here. A login to another account ends. t.NewBrowser is filled in. check runs in the transaction, which holds the
// account's lock, and refuses by an error. GrantTo returns fault.NotFound if the account is disabled, or its password was
// changed since u was read.
//
// If the account asks for a second factor and the way in is not t.Strong, GrantTo commits what check has done, grants
// nothing, and returns ErrSecondStep: return it from the handler as it is. t.Next is the page that was asked for.
func (s *Service) GrantTo(ctx context.Context, u user.User, known Known, t Terms, check func(ctx context.Context) error) (token string, err error) {
	if token, err = s.KnownBy(ctx, u.ID, known); err != nil {
		return "", err
	}
	if t.NewBrowser = token == ""; t.NewBrowser || len(known) > 1 {
		token = secret.New()
	}
	if now, in := currentOf(ctx); in && now.user.ID != u.ID { // nothing of theirs goes along
		if err := s.LogOut(ctx); err != nil {
			return "", err
		}
	}
	return token, s.Grant(ctx, u, t, func(ctx context.Context) error {
		if err := s.Users.LockUnchanged(ctx, u); err != nil {
			return err
		}
		if err := check(ctx); err != nil {
			return err
		}
		if s.SecondStep != nil && !t.Strong {
			if asks, err := s.SecondStep(ctx, u, known, t); err != nil || asks {
				return cmp.Or(err, ErrSecondStep)
			}
		}
		return s.RememberBrowser(ctx, u.ID, known, token)
	})
}

// Grant is the only function that raises a visitor to a user. It gives the browser a new token, because whoever planted or
// saw the old one must not follow into the login, and creates the login's row in the same transaction. First it calls check
// there, which locks the account, and refuses by an error. If that is ErrSecondStep, nothing is granted, but what check has
// done is committed.
func (s *Service) Grant(ctx context.Context, u user.User, t Terms, check func(ctx context.Context) error) error {
	now, lifetime := s.Now(), s.Lifetime
	if t.Remember {
		lifetime = s.RememberLifetime
	}
	l := Login{CreatedAt: now, ExpiresAt: now.Add(lifetime), Remembered: t.Remember, UserID: u.ID}
	var half error
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		if half = check(ctx); errors.Is(half, ErrSecondStep) {
			return nil
		} else if half != nil {
			return half
		}
		return s.Sessions.Rotate(ctx, session.Rotation{Lasting: t.Remember, Until: l.ExpiresAt, Repeatable: t.Repeatable}, func(ctx context.Context, sessionID string) error {
			l.SessionID = sessionID
			id, err := s.insert(ctx, l)
			if err != nil {
				return err
			}
			if err := s.endOldest(ctx, u.ID); err != nil {
				return err
			}
			return s.Audit.Emit(ctx, audit.Event{
				Name: audit.LoggedIn, User: u, Detail: t.Detail, NewBrowser: t.NewBrowser, LoginID: id, SessionID: sessionID,
			})
		})
	})
	if err = cmp.Or(err, half); err != nil {
		return err
	}
	web.RequestOf(ctx).UserID = u.ID
	if LastWay(ctx) != t.Detail {
		lastWay.Set(ctx, t.Detail)
	}
	for _, f := range s.afterLogIn {
		f(ctx, u)
	}
	return nil
}

// insert creates a login and returns its id.
func (s *Service) insert(ctx context.Context, l Login) (id string, err error) {
	info := web.RequestOf(ctx)
	// There may still be one of a disabled account on this session.
	if _, err := s.DB.ExecContext(ctx, `DELETE FROM logins WHERE session_id = $1`, l.SessionID); err != nil {
		return "", err
	}
	id = database.NewID()
	_, err = s.DB.ExecContext(ctx, `
		INSERT INTO logins (id, session_id, user_id, created_at, seen_at, expires_at, remembered, fresh_at, ip, user_agent)
		VALUES ($1, $2, $3, $4, $4, $5, $6, $4, $7, $8)`,
		id, l.SessionID, l.UserID, l.CreatedAt.UnixMilli(), l.ExpiresAt.UnixMilli(), database.Bit(l.Remembered), info.Truncated(), info.UserAgent)
	return id, err
}
