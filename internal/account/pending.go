package account

import (
	"context"
	"time"

	"example.com/latchkey/internal/login"
)

// A PendingEmail is a change of address that waits for the button in the mail to the new one.
type PendingEmail struct {
	Email       string // the new address; "" if none waits
	Sent, Until time.Time
}

// PendingEmail returns the change of the user's address that waits, or the zero value. The answer is the same whether
// another account has that address or not.
func (s *Service) PendingEmail(ctx context.Context, userID string) (PendingEmail, error) {
	links, err := s.Links.Live(ctx, userID, ForNewEmail)
	if err != nil || len(links) == 0 {
		return PendingEmail{}, err
	}
	l := links[len(links)-1]
	return PendingEmail{l.Email, l.CreatedAt, l.ExpiresAt}, nil
}

// CancelEmail ends the link of the visitor's change of address that waits. It is no error if there is none.
func (s *Service) CancelEmail(ctx context.Context) error {
	u, _ := login.From(ctx)
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Login.LockCurrent(ctx); err != nil {
			return err
		}
		return s.Links.End(ctx, u.ID, ForNewEmail)
	})
}
