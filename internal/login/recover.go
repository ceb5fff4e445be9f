package login

import (
	"context"
	"errors"
	"fmt"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/session"
)

// Forgot sends a link to a new password to the account with this address, if there is one. The answer never tells:
// without an account, or with too many mails to it, the same statements write a letter that is not sent.
// It returns fault.RateLimited by the address that asks.
func (m *Module) Forgot(ctx context.Context, email string) error {
	if err := m.countMail(ctx); err != nil {
		return err
	}
	key := NormalizeEmail(email)
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		u, err := m.holdUserByKey(ctx, key)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		may, err := m.mayMail(ctx, ForReset, key)
		if err != nil {
			return err
		}
		return m.sendReset(ctx, u, u.ID == "" || !u.Disabled.IsZero() || !may)
	})
}

// ResetPassword gives the account of a link a new password, which has been checked. Every login of it ends, and no other
// browser is known to it any more; the address is proven by the way. It returns the token that makes this browser a
// known one: somebody who keeps guessing must not keep its owner out. It returns ErrLink or fault.RateLimited.
func (m *Module) ResetPassword(ctx context.Context, opened, password string) (known string, err error) {
	if err := m.countLink(ctx); err != nil {
		return "", err
	}
	if _, err := m.Find(ctx, opened, ForReset); err != nil { // before a hash is computed for nothing
		return "", err
	}
	hash, err := m.hasher.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	known = session.NewSecret()
	return known, m.use(ctx, opened, ForReset, func(ctx context.Context, t token) error {
		u, err := m.userByID(ctx, t.userID)
		if err != nil {
			return err
		}
		if err := m.setPassword(ctx, u.ID, hash); err != nil {
			return err
		}
		if err := m.setProven(ctx, u.ID); err != nil {
			return err
		}
		if err := m.shut(ctx, u.ID); err != nil {
			return err
		}
		if err := m.remember(ctx, u.ID, "", known); err != nil {
			return err
		}
		if err := m.note(ctx, PasswordReset, u.ID, ""); err != nil {
			return err
		}
		return m.notify(ctx, u, mail.PasswordWasChanged)
	})
}

// NotMe answers "this wasn't me": every login of the link's account ends, its password does not open it any more, and
// a mail leads to a new one. The link itself does not: notices are forwarded and kept, and must not be worth a password.
// If the account has another address by now, whoever did it may have changed that, too: the notice's address comes back.
func (m *Module) NotMe(ctx context.Context, opened string) error {
	if err := m.countLink(ctx); err != nil {
		return err
	}
	return m.use(ctx, opened, ForNotMe, func(ctx context.Context, t token) error {
		u, err := m.userByID(ctx, t.userID)
		if err != nil {
			return err
		}
		if NormalizeEmail(u.Email) == NormalizeEmail(t.payload.Email) {
			return m.secure(ctx, u.ID, Secured)
		}
		undo, err := m.undoTo(ctx, u.ID, t.payload.Email)
		if err != nil {
			return err
		}
		if err := m.useToken(ctx, undo); err != nil {
			return err
		}
		return m.takeBack(ctx, undo)
	})
}

// secure takes an account out of wrong hands, in the caller's transaction, and mails a link to a new password.
func (m *Module) secure(ctx context.Context, userID, event string) error {
	u, err := m.userByID(ctx, userID)
	if err != nil {
		return err
	}
	if err := m.setPassword(ctx, userID, ""); err != nil {
		return err
	}
	if err := m.shut(ctx, userID); err != nil {
		return err
	}
	if err := m.note(ctx, event, userID, ""); err != nil {
		return err
	}
	if !m.Mail.On() {
		return nil
	}
	return m.sendReset(ctx, u, false)
}

// shut ends every login of the user, forgets the browsers that are known to the account, and ends every link that
// leads to a password or another address, in the caller's transaction. The links that take back a change stay:
// they protect whoever had the account before.
func (m *Module) shut(ctx context.Context, userID string) error {
	if err := m.endAll(ctx, userID); err != nil {
		return err
	}
	if err := m.forgetBrowsers(ctx, userID); err != nil {
		return err
	}
	return m.endTokens(ctx, userID, ForReset, ForProof)
}

// endAll ends every login of the user in the caller's transaction, and changes of address that somebody has committed. If the
// session of this request is one of them, the visitor gets a fresh one for the answer.
func (m *Module) endAll(ctx context.Context, userID string) error {
	own := ""
	if st := standingOf(ctx); st.in && st.user.ID == userID {
		own = st.login.ID
		if err := m.Sessions.LogOut(ctx); err != nil {
			return err
		}
	}
	if err := m.endLogins(ctx, userID, own); err != nil {
		return err
	}
	return m.endTokens(ctx, userID, ForNewEmail)
}

// stillIn holds the user's row until the transaction ends, and returns fault.SessionEnded if the visitor's login or password was
// ended since this request began: what it does for the account must not outlive that.
func (m *Module) stillIn(ctx context.Context) error {
	st := standingOf(ctx)
	err := m.lockUser(ctx, st.user)
	if err == nil {
		_, err = m.sessionOf(ctx, st.user.ID, st.login.ID)
	}
	if errors.Is(err, fault.NotFound) {
		return fmt.Errorf("%w: %v", fault.SessionEnded, err) //nolint:errorlint // it is not "not found" any more
	}
	return err
}
