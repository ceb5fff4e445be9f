package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
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

// upgrade stores the password anew at today's cost, higher or lower. If it fails, the next log in tries again.
func (s *Service) upgrade(ctx context.Context, u user.User, password string) {
	hash, err := s.Hasher.Upgrade(ctx, caller(ctx, u.Email, true), password)
	if err == nil {
		err = s.Users.ReplaceHash(ctx, u.ID, u.PasswordHash, hash)
	}
	if err != nil {
		s.Log.Debug("password hash not upgraded", "user", u.ID, "err", err)
	}
}

// Terms are how somebody is logged in.
type Terms struct {
	Remember   bool   // the login outlives the browser
	NewBrowser bool   // this browser had not logged in to the account before: its owner is told
	Repeatable bool   // the form holds the password: pressed twice, it logs in once
	Detail     string // what somebody logged in with, for the history; "" for a password
	Next       string // the page that was asked for, which a second step leads to; a web.LocalPath, "" for none
	Strong     bool   // shown was what one has and what one knows or is, as a device does that checks its user: there is no second step
}

// lastWay is what this browser logged in with last, whoever it was: the Detail of its Terms.
var lastWay = session.NewKey[string]("login.last_way", session.KeptAtLogout)

// LastWay returns what somebody last logged in with on this browser, as Terms say it: "" for a password, and if nobody did.
func LastWay(ctx context.Context) string { return lastWay.Or(ctx, "") }

// Grant is the only function that raises a visitor to a user. It gives the browser a new token, because whoever planted
// or saw the old one must not follow into the login, and creates the login row in the same transaction, after check,
// which locks the account and refuses by an error. Of ErrSecondStep, which grants nothing, what check has done is committed.
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

// LogOut ends the visitor's login, if there is one, and the session with it; the browser gets a fresh one.
// After it returned, nothing that knows the old token sees or changes anything.
func (s *Service) LogOut(ctx context.Context) error {
	c, in := currentOf(ctx)
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Sessions.LogOut(ctx); err != nil || !in {
			return err
		}
		return s.Audit.Emit(ctx, audit.Event{Name: audit.LoggedOut, User: c.user, LoginID: c.login.ID})
	})
	if err != nil || !in {
		return err
	}
	for _, f := range s.afterLogOut {
		f(ctx, c.user)
	}
	return nil
}

// Confirm makes the visitor's login fresh, if the password is right. It returns ErrWrong, fault.RateLimited or
// fault.Unavailable.
func (s *Service) Confirm(ctx context.Context, password string) error {
	if session.Repeats(ctx) { // the first press has done it
		return nil
	}
	if err := s.CheckPassword(ctx, password); err != nil {
		return err
	}
	return s.Refresh(ctx, s.confirmed)
}

// confirmed records that the password of the visitor's login was given again.
func (s *Service) confirmed(ctx context.Context) error {
	c, _ := currentOf(ctx)
	return s.Audit.Emit(ctx, audit.Event{Name: audit.Confirmed, User: c.user, LoginID: c.login.ID})
}

// CheckPassword checks the password of the user who is logged in, as it was when the request began: who goes on locks the
// account, and finds out what was changed since (LockCurrent). It returns ErrWrong, fault.RateLimited or fault.Unavailable.
func (s *Service) CheckPassword(ctx context.Context, password string) error {
	c, _ := currentOf(ctx)
	bucket := s.Limit("login.confirm").For(c.login.ID) // not by account: a thief's guesses must not take the owner's tries
	matches, err := s.matches(ctx, caller(ctx, c.user.Email, true), c.user.PasswordHash, password, bucket)
	if err == nil && !matches {
		err = errors.Join(ErrWrong, s.Audit.Emit(ctx, audit.Event{Name: audit.ConfirmFailed, User: c.user, LoginID: c.login.ID}))
	}
	return err
}

// Refresh makes the visitor's login fresh, under a new token, because the rights of this browser grow. In the same
// transaction, which holds the account's lock, it calls also. It returns fault.SessionEnded if the login or the password
// was ended meanwhile.
func (s *Service) Refresh(ctx context.Context, also func(ctx context.Context) error) error {
	c, _ := currentOf(ctx)
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.LockCurrent(ctx); err != nil {
			return err
		}
		if err := also(ctx); err != nil {
			return err
		}
		rotation := c.rotation()
		rotation.Repeatable = true // what refreshes holds the password
		return s.Sessions.Rotate(ctx, rotation, func(ctx context.Context, sessionID string) error {
			return s.setFresh(ctx, c.login.ID, sessionID)
		})
	})
}

// LockCurrent locks the visitor's account until the transaction ends. It returns fault.SessionEnded if the visitor's login
// or password was ended since this request began: what the visitor does for the account must not outlive that.
func (s *Service) LockCurrent(ctx context.Context) error {
	c, _ := currentOf(ctx)
	err := s.Users.LockUnchanged(ctx, c.user)
	if err == nil {
		_, err = s.sessionOf(ctx, c.user.ID, c.login.ID)
	}
	if errors.Is(err, fault.NotFound) {
		return fmt.Errorf("%w: %v", fault.SessionEnded, err) //nolint:errorlint // it is not "not found" any more
	}
	return err
}

// RotateToken gives the browser a new token because it opened a link that is worth an account: whoever knew the old one
// must not press the button. A user who is logged in stays so.
func (s *Service) RotateToken(ctx context.Context) error {
	if c, in := currentOf(ctx); in {
		return s.Sessions.Rotate(ctx, c.rotation(), nil)
	}
	return s.Sessions.Rotate(ctx, session.Rotation{Lasting: s.Sessions.Lifetime > 0}, nil)
}

// rotation is a new token within the login.
func (c current) rotation() session.Rotation {
	return session.Rotation{Lasting: c.login.Remembered, Until: c.login.ExpiresAt, SameLogin: true}
}
