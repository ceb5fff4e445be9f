package login

import (
	"context"
	"errors"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
)

// Forgot sends a link to a new password to the account with this address, if there is one. The answer never tells:
// without an account, or with too many mails to it, the same statements write a letter that is not sent.
// It returns fault.TooMany by the address that asks.
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
		return m.sendReset(ctx, u, u.ID == "" || !may)
	})
}

// ResetPassword gives the account of a link a new password, which has been checked. Every login of it ends, and no
// browser is known to it any more; the address is proven by the way. It returns ErrLink or fault.TooMany.
func (m *Module) ResetPassword(ctx context.Context, opened, password string) error {
	if err := m.countLink(ctx); err != nil {
		return err
	}
	if _, err := m.Find(ctx, opened, ForReset); err != nil { // before a hash is computed for nothing
		return err
	}
	hash, err := m.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	var userID string
	err = m.use(ctx, opened, ForReset, func(ctx context.Context, t token) error {
		userID = t.userID
		u, err := m.userByID(ctx, userID)
		if err != nil {
			return err
		}
		if err := errors.Join(m.setPassword(ctx, userID, hash), m.setProven(ctx, userID), m.shut(ctx, userID)); err != nil {
			return err
		}
		if err := m.note(ctx, PasswordReset, userID, ""); err != nil {
			return err
		}
		return m.notify(ctx, u, mail.PasswordWasChanged)
	})
	if err != nil {
		return err
	}
	return m.leave(ctx, userID)
}

// NotMe answers "this wasn't me": every login of the link's account ends, its password does not open it any more, and
// a mail leads to a new one. The link itself does not: notices are forwarded and kept, and must not be worth a password.
func (m *Module) NotMe(ctx context.Context, opened string) error {
	if err := m.countLink(ctx); err != nil {
		return err
	}
	var userID string
	err := m.use(ctx, opened, ForNotMe, func(ctx context.Context, t token) error {
		userID = t.userID
		return m.secure(ctx, userID, Secured)
	})
	if err != nil {
		return err
	}
	return m.leave(ctx, userID)
}

// secure takes an account out of wrong hands, in the caller's transaction, and mails a link to a new password.
func (m *Module) secure(ctx context.Context, userID, event string) error {
	u, err := m.userByID(ctx, userID)
	if err != nil {
		return err
	}
	if err := errors.Join(m.setPassword(ctx, userID, ""), m.shut(ctx, userID)); err != nil {
		return err
	}
	if err := m.note(ctx, event, userID, ""); err != nil {
		return err
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
	return m.endTokens(ctx, userID, ForReset, ForProof, ForNewEmail)
}

// endAll ends every login of the user in the caller's transaction. The session of this request, if it is one of them,
// stays for the answer as a guest's; leave gives it a new token after the commit.
func (m *Module) endAll(ctx context.Context, userID string) error {
	own := ""
	if st := standingOf(ctx); st.in && st.user.ID == userID {
		own = st.login.ID
	}
	if err := m.endLogins(ctx, userID, own); err != nil {
		return err
	}
	return m.deleteLogin(ctx, own)
}

// leave is the second half of endAll, after its transaction.
func (m *Module) leave(ctx context.Context, userID string) error {
	if st := standingOf(ctx); st.in && st.user.ID == userID {
		return m.Sessions.Restart(ctx, nil)
	}
	return nil
}
