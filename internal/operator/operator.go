// Package operator holds what an operator does to accounts from the command line: add, disable, change, invite. Running servers
// see it with their next request, because they read for each request who is logged in. Nobody is mailed about these acts.
package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/user"
)

// Service is what operators can do.
type Service struct{ *account.Service }

// byOperator is the detail of the events.
const byOperator = "by an operator"

// Add creates an account with a password, or without (nil: until one is chosen by mail). The operator vouches for the
// address, so it counts as verified. It returns user.ErrTaken.
func (s Service) Add(ctx context.Context, email string, p user.Profile, role string, chosen *password.Checked) (user.User, error) {
	if problem := s.Users.EmailProblem(email); problem != "" {
		return user.User{}, errors.New(problem)
	}
	u := s.NewUser(email, p)
	u.Role, u.VerifiedAt = role, s.Now()
	if chosen != nil {
		var err error
		if u.PasswordHash, err = s.Hasher.Hash(ctx, password.Caller{}, *chosen); err != nil {
			return user.User{}, err
		}
	}
	return u, s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Users.Insert(ctx, u); err != nil {
			return err
		}
		return s.Audit.Emit(ctx, audit.Event{Name: audit.Registered, User: u, Detail: byOperator, Operator: true})
	})
}

// Find returns the account with this id or address, disabled or not, or fault.NotFound.
func (s Service) Find(ctx context.Context, idOrEmail string) (u user.User, err error) {
	if strings.Contains(idOrEmail, "@") {
		u, err = s.Users.ByEmail(ctx, idOrEmail)
	} else {
		u, err = s.Users.ByID(ctx, idOrEmail)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", idOrEmail, err)
	}
	return u, err
}

// Disable ends every login of the account and keeps anybody from logging in to it.
func (s Service) Disable(ctx context.Context, userID string) error {
	return s.operate(ctx, userID, audit.AccountDisabled, func(ctx context.Context) error {
		if err := s.Users.SetDisabled(ctx, userID, true); err != nil {
			return err
		}
		return s.Shut(ctx, userID)
	})
}

// Enable takes Disable back. The logins stay ended.
func (s Service) Enable(ctx context.Context, userID string) error {
	return s.operate(ctx, userID, audit.AccountEnabled, func(ctx context.Context) error {
		return s.Users.SetDisabled(ctx, userID, false)
	})
}

// SetRole gives the account a role: "" or user.RoleAdmin.
func (s Service) SetRole(ctx context.Context, userID, role string) error {
	return s.operate(ctx, userID, audit.RoleChanged, func(ctx context.Context) error { return s.Users.SetRole(ctx, userID, role) })
}

// SetPassword gives the account another password, and ends every login of it.
func (s Service) SetPassword(ctx context.Context, userID string, chosen password.Checked) error {
	hash, err := s.Hasher.Hash(ctx, password.Caller{}, chosen)
	if err != nil {
		return err
	}
	return s.operate(ctx, userID, audit.PasswordChanged, func(ctx context.Context) error {
		if err := s.Users.SetPassword(ctx, userID, hash); err != nil {
			return err
		}
		return s.Shut(ctx, userID)
	})
}

// EndLogins ends every login of the account.
func (s Service) EndLogins(ctx context.Context, userID string) error {
	return s.operate(ctx, userID, audit.OthersEnded, func(ctx context.Context) error { return s.Login.EndAll(ctx, userID) })
}

// operate runs an act on an account in a transaction, with its event.
func (s Service) operate(ctx context.Context, userID, event string, act func(ctx context.Context) error) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		u, err := s.Users.ByID(ctx, userID)
		if err != nil {
			return err
		}
		if err := act(ctx); err != nil {
			return err
		}
		return s.Audit.Emit(ctx, audit.Event{Name: event, User: u, Detail: byOperator, Operator: true})
	})
}

// Invite makes a link by which one person may register. With an address it is for that address alone, and is mailed, too.
func (s Service) Invite(ctx context.Context, email string) (address string, err error) {
	if problem := s.Users.EmailProblem(email); email != "" && problem != "" {
		return "", errors.New(problem)
	}
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		subject := user.NormalizeEmail(email)
		if email == "" {
			subject = database.NewID()
		} else if _, err := s.Users.ByEmail(ctx, email); err == nil {
			return user.ErrTaken
		} else if !errors.Is(err, fault.NotFound) {
			return err
		}
		action, err := s.Links.Issue(ctx, account.ForInvitation, link.Link{Subject: subject, Payload: link.Payload{Email: user.CleanEmail(email)}})
		if err != nil {
			return err
		}
		address = action.Link
		if email == "" {
			return nil
		}
		return s.Mail.Queue(ctx, mail.Invitation(s.Site, mail.Recipient{Email: user.CleanEmail(email)}, action))
	})
	return address, err
}

// PasswordLink makes a link to a new password, for an operator to pass on.
func (s Service) PasswordLink(ctx context.Context, userID string) (address string, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		action, err := s.Links.Issue(ctx, account.ForReset, link.Link{Subject: userID, UserID: userID})
		address = action.Link
		return err
	})
	return address, err
}
