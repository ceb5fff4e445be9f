package account

import (
	"context"
	"errors"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/user"
)

// Delete erases a user with everything that belongs to the account: logins, their sessions, history, links,
// and what sections keep. The owner is mailed. It returns fault.NotFound if there is no such user, or no longer.
func (s *Service) Delete(ctx context.Context, userID string) error {
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		u, err := s.Users.ByID(ctx, userID)
		if err != nil {
			return err
		}
		if own, in := login.From(ctx); in && own.ID == userID {
			if err := s.Login.LockCurrent(ctx); err != nil {
				return err
			}
		}
		// Locks the account and keeps everybody out: a log in at the same moment would leave its session behind.
		if err := s.Users.SetDisabled(ctx, userID, true); err != nil {
			return err
		}
		if err := s.Audit.Emit(ctx, audit.Event{Name: audit.AccountDeleted, User: u}); err != nil {
			return err
		}
		if err := s.Login.EndAll(ctx, userID); err != nil {
			return err
		}
		if err := s.Links.EndSubject(ctx, user.NormalizeEmail(u.Email)); err != nil {
			return err
		}
		return s.Users.Delete(ctx, userID)
	})
	if errors.Is(err, fault.SessionEnded) { // perhaps because another request has just deleted the account
		_, gone := s.Users.ByID(ctx, userID)
		return errors.Join(gone, err)
	}
	return err
}
