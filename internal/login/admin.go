package login

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
)

// What an operator does to accounts. Running servers see it with their next request, because authority is read anew
// for each.

// AddUser makes an account with a password that has been checked, or with none ("": until one is chosen by mail).
// The operator vouches for the address, so it counts as proven. It returns ErrTaken.
func (m *Module) AddUser(ctx context.Context, email string, p Profile, role, password string) (User, error) {
	if !ValidEmail(email) {
		return User{}, errors.New(strings.ToLower(IdentifierProblem[:1]) + IdentifierProblem[1:])
	}
	u, hash := m.newUser(email, p), ""
	u.Role, u.Proven = role, m.Now()
	if password != "" {
		var err error
		if hash, err = m.hasher.Hash(ctx, password); err != nil {
			return User{}, err
		}
	}
	return u, m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.insertUser(ctx, u, hash, ""); err != nil {
			return err
		}
		return m.note(ctx, Registered, u.ID, "by an operator")
	})
}

// UserBy returns the account with this id or address, disabled or not, or fault.NotFound.
func (m *Module) UserBy(ctx context.Context, idOrEmail string) (User, error) {
	if !strings.Contains(idOrEmail, "@") {
		return m.anyUser(ctx, idOrEmail)
	}
	a, err := m.accountByKey(ctx, NormalizeEmail(idOrEmail))
	if err != nil {
		return User{}, fmt.Errorf("%s: %w", idOrEmail, err)
	}
	return m.anyUser(ctx, a.ID)
}

// Disable ends every login of the account and keeps anybody from logging in to it.
func (m *Module) Disable(ctx context.Context, userID string) error {
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.setDisabled(ctx, userID, m.Now().UnixMilli()); err != nil {
			return err
		}
		if err := m.shut(ctx, userID); err != nil {
			return err
		}
		return m.note(ctx, Disabled, userID, "by an operator")
	})
}

// Enable takes Disable back. The logins stay ended.
func (m *Module) Enable(ctx context.Context, userID string) error {
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.setDisabled(ctx, userID, 0); err != nil {
			return err
		}
		return m.note(ctx, Enabled, userID, "by an operator")
	})
}

// SetPassword gives the account another password, which has been checked, and ends every login of it.
func (m *Module) SetPassword(ctx context.Context, userID, password string) error {
	hash, err := m.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.setPassword(ctx, userID, hash); err != nil {
			return err
		}
		if err := m.shut(ctx, userID); err != nil {
			return err
		}
		return m.note(ctx, PasswordChanged, userID, "by an operator")
	})
}

// EndLogins ends every login of the account.
func (m *Module) EndLogins(ctx context.Context, userID string) error {
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := m.anyUser(ctx, userID); err != nil {
			return err
		}
		if err := m.endAll(ctx, userID); err != nil {
			return err
		}
		return m.note(ctx, OthersEnded, userID, "by an operator")
	})
}

// Invite makes a link by which one person may register, with this address alone if it is not "": then it is mailed, too.
func (m *Module) Invite(ctx context.Context, email string) (link string, err error) {
	if email != "" && !ValidEmail(email) {
		return "", errors.New(strings.ToLower(IdentifierProblem[:1]) + IdentifierProblem[1:])
	}
	err = m.DB.InTx(ctx, func(ctx context.Context) error {
		subject := NormalizeEmail(email)
		if email == "" {
			subject = newID()
		} else if _, err := m.accountByKey(ctx, subject); err == nil {
			return ErrTaken
		} else if !errors.Is(err, fault.NotFound) {
			return err
		}
		c, err := m.call(ctx, token{purpose: ForInvitation, subject: subject, payload: payload{Email: CleanEmail(email)}})
		if err != nil {
			return err
		}
		link = c.Address
		if email == "" {
			return nil
		}
		return m.Mail.Queue(ctx, mail.Invitation(m.Site, mail.Recipient{Email: CleanEmail(email)}, c))
	})
	return link, err
}

// PasswordLink makes a link to a new password, for an operator to pass on.
func (m *Module) PasswordLink(ctx context.Context, userID string) (link string, err error) {
	err = m.DB.InTx(ctx, func(ctx context.Context) error {
		c, err := m.call(ctx, token{purpose: ForReset, subject: userID, userID: userID})
		link = c.Address
		return err
	})
	return link, err
}
