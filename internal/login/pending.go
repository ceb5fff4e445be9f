package login

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"example.com/latchkey/internal/database"
)

// A PendingEmail is a change of address that waits for the button in the mail to the new one.
type PendingEmail struct {
	Email       string // the new address; "" if none waits
	Sent, Until time.Time
}

// PendingEmail returns the change of address that waits, or the zero value. The answer is the same whether another
// account has that address or not.
func (m *Module) PendingEmail(ctx context.Context, userID string) (PendingEmail, error) {
	var text string
	var sent, until int64
	err := m.DB.QueryRowContext(ctx, `
		SELECT payload, created_at, expires_at FROM tokens
		 WHERE subject = $1 AND user_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
		 ORDER BY created_at DESC LIMIT 1`, userID, string(ForNewEmail), m.Now().UnixMilli()).Scan(&text, &sent, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return PendingEmail{}, nil
	}
	if err != nil {
		return PendingEmail{}, err
	}
	var p payload
	err = json.Unmarshal([]byte(text), &p)
	return PendingEmail{p.Email, database.Time(sent), database.Time(until)}, err
}

// CancelEmail ends the link of a change of address that waits. That there is none is no error.
func (m *Module) CancelEmail(ctx context.Context, userID string) error {
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.stillIn(ctx); err != nil {
			return err
		}
		return m.endTokens(ctx, userID, ForNewEmail)
	})
}
