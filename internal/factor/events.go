package factor

import (
	"context"
	"errors"
	"slices"
	"time"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/user"
)

// on keeps what is half done and what is trusted in step with accounts, in the transaction of each event.
func (s *Service) on(ctx context.Context, e audit.Event) error {
	switch e.Name {
	case audit.LoggedIn:
		return errors.Join(s.endOn(ctx, e.SessionID), s.cancel(ctx, e.User))
	case audit.PasswordChanged, audit.OthersEnded, audit.AccountDisabled:
		return s.reset(ctx, e.User)
	case audit.PasswordReset:
		if err := s.reset(ctx, e.User); err != nil || e.User.Verified() {
			return err
		}
		return s.takenOver(ctx, e.User, time.Time{}) // by the first to show that the address is theirs
	case audit.PasswordRemoved:
		return errors.Join(s.reset(ctx, e.User), s.takenOver(ctx, e.User, time.Time{}))
	case audit.AccountSecured, audit.AddressRestored:
		// Whoever had the account in wrong hands may have added a factor, of which the owner was mailed. An older one stays: the
		// button “this wasn’t me” must not be a way around it for somebody who has the mailbox alone.
		return errors.Join(s.reset(ctx, e.User), s.takenOver(ctx, e.User, s.Now().Add(-account.ForNotMe.Lifetime)))
	case audit.FactorAdded:
		if err := s.reset(ctx, e.User); err != nil {
			return err
		}
		return s.Account.Notify(ctx, "", e, wasAdded(e.Detail))
	case audit.FactorRemoved:
		if err := errors.Join(s.reset(ctx, e.User), s.removeSpare(ctx, e.User)); err != nil {
			return err
		}
		e.Operator = false // the owner is told, whoever did it
		return s.Account.Notify(ctx, "", e, wasRemoved(e.Detail))
	case audit.PasskeyAdded, audit.PasskeyRemoved:
		return errors.Join(s.reset(ctx, e.User), s.removeSpare(ctx, e.User))
	case audit.FactorFailed:
		return s.Account.Notify(ctx, "factor-failed", e, failed)
	}
	return nil
}

// reset ends what went by the password and the factors that the account had: log ins that are half done, browsers that are
// trusted, a removal that waits.
func (s *Service) reset(ctx context.Context, u user.User) error {
	return errors.Join(s.endAll(ctx, u.ID), s.Login.DistrustAll(ctx, u.ID), s.cancel(ctx, u))
}

// takenOver removes the factors that were set up after the given time, when the account was in other hands.
func (s *Service) takenOver(ctx context.Context, u user.User, after time.Time) error {
	_, err := s.removeAll(ctx, u, audit.Event{User: u}, after)
	return err
}

// removeSpare takes away what stands in for a factor, once there is none.
func (s *Service) removeSpare(ctx context.Context, u user.User) error {
	mine, err := s.Of(ctx, u.ID)
	if err != nil || slices.ContainsFunc(mine, func(m Mine) bool { return !m.Spare }) {
		return err
	}
	for _, m := range mine {
		if err := m.Remove(ctx, u.ID); err != nil {
			return err
		}
	}
	return nil
}
