package unverified

import (
	"context"
	"time"
)

// never is a condition: the address was never verified, and no operator has given the account a role or disabled it.
const never = `u.verified_at = 0 AND u.role = '' AND u.disabled_at = 0`

// toWarn returns at most 200 accounts that were created before this time and have not been warned.
func (u *Unverified) toWarn(ctx context.Context, made time.Time) ([]string, error) {
	return u.DB.Strings(ctx, `
		SELECT u.id FROM users u
		 WHERE `+never+` AND u.created_at <= $1 AND NOT EXISTS (SELECT 1 FROM unverified_warnings w WHERE w.user_id = u.id)
		 ORDER BY u.created_at LIMIT 200`, made.UnixMilli())
}

// toDelete returns at most 200 accounts that were created and warned before these times.
func (u *Unverified) toDelete(ctx context.Context, made, warned time.Time) ([]string, error) {
	return u.DB.Strings(ctx, `
		SELECT u.id FROM users u JOIN unverified_warnings w ON w.user_id = u.id
		 WHERE `+never+` AND u.created_at <= $1 AND w.at <= $2
		 ORDER BY u.created_at LIMIT 200`, made.UnixMilli(), warned.UnixMilli())
}

func (u *Unverified) noteWarning(ctx context.Context, userID string) error {
	_, err := u.DB.ExecContext(ctx, `INSERT INTO unverified_warnings (user_id, at) VALUES ($1, $2)`, userID, u.Now().UnixMilli())
	return err
}
