package login

import (
	"context"

	"example.com/latchkey/internal/mail"
)

// DeleteAccount erases a user with everything that hangs on the account: logins, their sessions and trails, history,
// links, and what sections keep. A farewell is mailed. It returns fault.NotFound if there is no such user.
func (m *Module) DeleteAccount(ctx context.Context, userID string) error {
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		u, err := m.anyUser(ctx, userID)
		if err != nil {
			return err
		}
		if st := standingOf(ctx); st.in && st.user.ID == userID {
			if err := m.stillIn(ctx); err != nil {
				return err
			}
		}
		// Locks the account and keeps everybody out: a log in at the same moment would leave its session behind.
		if err := m.setDisabled(ctx, userID, m.Now().UnixMilli()); err != nil {
			return err
		}
		if err := m.endRanOut(ctx, userID); err != nil {
			return err
		}
		if err := m.endAll(ctx, userID); err != nil {
			return err
		}
		if err := m.Mail.Queue(ctx, mail.Farewell(m.Site, u.reader())); err != nil {
			return err
		}
		m.afterCommit(ctx, Deleted, "user", userID)
		return m.deleteUser(ctx, userID, u.Email)
	})
}
