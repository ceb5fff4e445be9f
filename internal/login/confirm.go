package login

import (
	"context"
	"errors"
	"fmt"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/session"
)

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

// setFresh notes that the password was just given. It returns fault.SessionEnded if the login was ended meanwhile.
func (s *Service) setFresh(ctx context.Context, loginID, sessionID string) error {
	res, err := s.DB.ExecContext(ctx, `UPDATE logins SET fresh_at = $1 WHERE id = $2 AND session_id = $3`, s.Now().UnixMilli(), loginID, sessionID)
	return database.OneRow(res, err, fault.SessionEnded)
}
