package login

import (
	"context"
	"errors"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// A Try is somebody's try to log in.
type Try struct {
	Email, Password string
	Remember        bool   // keep me logged in
	Known           string // the token of the cookie of known browsers, "" for none
}

// LogIn logs the visitor in and returns the token that makes this browser a known one.
// It returns ErrWrong if address and password do not match, fault.RateLimited, or fault.Unavailable.
//
// The try is counted before the hash is computed, so that parallel guesses count; a success gives back its own.
func (m *Module) LogIn(ctx context.Context, try Try) (known string, err error) {
	key := NormalizeEmail(try.Email)
	account, err := m.accountByKey(ctx, key)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return "", err
	}
	isKnown, err := m.isKnown(ctx, account.ID, try.Known)
	if err != nil {
		return "", err
	}
	buckets := m.buckets(ctx, key, account.ID, try.Known, isKnown)
	if err := m.Limits.Take(ctx, buckets...); err != nil {
		return "", err
	}
	matches, err := m.hasher.Matches(ctx, account.hash, try.Password)
	if err != nil { // nothing was tested
		return "", errors.Join(err, m.Limits.GiveBack(ctx, buckets...))
	}
	if !matches {
		return "", errors.Join(ErrWrong, m.note(ctx, LogInFailed, account.ID, ""))
	}
	if err := m.Limits.GiveBack(ctx, buckets...); err != nil {
		return "", err
	}
	if known = try.Known; !isKnown {
		known = session.NewSecret()
	}
	err = m.grant(ctx, account.User, try.Remember, func(ctx context.Context) error {
		if err := m.lockUser(ctx, account.User); err != nil {
			return err
		}
		if err := m.remember(ctx, account.ID, try.Known, known); err != nil || isKnown {
			return err
		}
		return m.notify(ctx, account.User, mail.NewBrowser)
	})
	if errors.Is(err, fault.NotFound) { // the password was changed or the account disabled meanwhile
		return "", ErrWrong
	}
	if err == nil && m.hasher.outdated(account.hash) {
		m.upgrade(ctx, account, try.Password)
	}
	return known, err
}

// upgrade stores the password anew at today's cost. It is in nobody's way: if it fails, the next log in tries again.
func (m *Module) upgrade(ctx context.Context, a account, password string) {
	hash, err := m.hasher.Hash(ctx, password)
	if err == nil {
		err = m.replaceHash(ctx, a.ID, a.hash, hash)
	}
	if err != nil {
		m.Log.Debug("password not stored anew", "user", a.ID, "err", err)
	}
}

// Overloaded returns fault.Unavailable if the next one who wants to log in would be told to come back. Asked before the session,
// so that a flood of tries costs the others next to nothing.
func (m *Module) Overloaded() error {
	if m.hasher.full() {
		return &fault.Unavailable{What: "password queue"}
	}
	return nil
}

// buckets are the ones that a try takes from. A known browser has its own, so that nobody can lock it out.
func (m *Module) buckets(ctx context.Context, key, userID, known string, isKnown bool) []ratelimit.Bucket {
	if isKnown {
		return []ratelimit.Bucket{m.Tries.KnownBrowser.For(userID, session.HashSecret(known))}
	}
	network := web.RequestOf(ctx).Network()
	return []ratelimit.Bucket{m.Tries.AccountAddress.For(key, network), m.Tries.Account.For(key), m.Tries.Address.For(network)}
}

// grant is the only function that raises a visitor to a user. It gives the browser a new token, because whoever
// planted or saw the old one must not follow into the login, and makes the login row in the same transaction,
// after check, which locks the account and says no by an error. The account comes before the session, here and
// everywhere: so that nobody waits for somebody who waits.
func (m *Module) grant(ctx context.Context, u User, remember bool, check func(ctx context.Context) error) error {
	now, lifetime := m.Now(), m.Lifetime
	if remember {
		lifetime = m.RememberLifetime
	}
	l := Login{ID: newID(), UserID: u.ID, Created: now, Expires: now.Add(lifetime), Remembered: remember}
	err := m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := check(ctx); err != nil {
			return err
		}
		return m.Sessions.Rotate(ctx, remember, l.Expires, func(ctx context.Context, sessionID string) error {
			l.SessionID = sessionID
			if err := m.insertLogin(ctx, l); err != nil {
				return err
			}
			if err := m.claimForm(ctx, sessionID, u.ID); err != nil {
				return err
			}
			if err := m.endOldest(ctx, u.ID); err != nil {
				return err
			}
			return m.note(ctx, LoggedIn, u.ID, "", "login", l.ID)
		})
	})
	if err != nil {
		return err
	}
	for _, f := range m.afterLogIn {
		f(ctx, u)
	}
	return nil
}

// LogOut ends the visitor's login, if there is one, and the session with it; the browser gets a fresh one.
// After it returned, nothing that knows the old token sees or changes anything.
func (m *Module) LogOut(ctx context.Context) error {
	st := standingOf(ctx)
	err := m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.Sessions.LogOut(ctx); err != nil || !st.in {
			return err
		}
		return m.note(ctx, LoggedOut, st.user.ID, "", "login", st.login.ID)
	})
	if err != nil || !st.in {
		return err
	}
	for _, f := range m.afterLogOut {
		f(ctx, st.user)
	}
	return nil
}

// Confirm makes the visitor's login fresh, if the password is right. It returns ErrWrong, fault.RateLimited or fault.Unavailable.
func (m *Module) Confirm(ctx context.Context, password string) error {
	st := standingOf(ctx)
	if err := m.proven(ctx, st.user.ID, password); err != nil {
		return err
	}
	return m.refresh(ctx, st.login, func(ctx context.Context) error {
		if err := m.stillIn(ctx); err != nil {
			return err
		}
		return m.note(ctx, Confirmed, st.user.ID, "")
	})
}

// ChangePassword gives the visitor's account a new password, which has been checked, and ends its other logins.
// It returns ErrWrong if current is not the password, fault.RateLimited or fault.Unavailable.
func (m *Module) ChangePassword(ctx context.Context, current, password string) error {
	st := standingOf(ctx)
	if err := m.proven(ctx, st.user.ID, current); err != nil {
		return err
	}
	hash, err := m.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return m.refresh(ctx, st.login, func(ctx context.Context) error {
		if err := m.stillIn(ctx); err != nil {
			return err
		}
		if err := m.setPassword(ctx, st.user.ID, hash); err != nil {
			return err
		}
		if err := m.endLogins(ctx, st.user.ID, st.login.ID); err != nil {
			return err
		}
		// Links that were mailed before lead to the old password's account.
		if err := m.endTokens(ctx, st.user.ID, ForReset, ForNewEmail); err != nil {
			return err
		}
		if err := m.note(ctx, PasswordChanged, st.user.ID, ""); err != nil {
			return err
		}
		return m.notify(ctx, st.user, mail.PasswordWasChanged)
	})
}

// proven checks the password of a user who is logged in.
func (m *Module) proven(ctx context.Context, userID, password string) error {
	bucket := m.Tries.Confirm.For(userID)
	if err := m.Limits.Take(ctx, bucket); err != nil {
		return err
	}
	hash, err := m.passwordHash(ctx, userID)
	if err != nil {
		return err
	}
	matches, err := m.hasher.Matches(ctx, hash, password)
	if err == nil && !matches {
		return errors.Join(ErrWrong, m.note(ctx, ConfirmFailed, userID, ""))
	}
	return errors.Join(err, m.Limits.GiveBack(ctx, bucket))
}

// refresh notes that the password was just given, under a new token: the rights of this browser grow.
func (m *Module) refresh(ctx context.Context, l Login, also func(ctx context.Context) error) error {
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := also(ctx); err != nil {
			return err
		}
		return m.Sessions.Renew(ctx, l.Remembered, l.Expires, func(ctx context.Context, sessionID string) error {
			// The login was ended while the password was being checked: then it stays so.
			res, err := m.DB.ExecContext(ctx, `UPDATE logins SET fresh_at = $1 WHERE id = $2 AND session_id = $3`,
				m.Now().UnixMilli(), l.ID, sessionID)
			return database.OneRow(res, err, fault.SessionEnded)
		})
	})
}

// Reopen gives the browser a new token because it opened a link that is worth an account: whoever knew the old one must
// not press the button. Who is logged in stays so.
func (m *Module) Reopen(ctx context.Context) error {
	nothing := func(context.Context, string) error { return nil }
	if st := standingOf(ctx); st.in {
		return m.Sessions.Renew(ctx, st.login.Remembered, st.login.Expires, nothing)
	}
	return m.Sessions.Rotate(ctx, m.Sessions.Lifetime > 0, m.Now(), nothing)
}
