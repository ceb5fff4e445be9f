package recovery

import (
	"context"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/factor"
)

// replace stores a new set of codes for the user, in the context's transaction, and deletes the old set.
func (c *Codes) replace(ctx context.Context, userID string, codes []string) error {
	if err := c.delete(ctx, userID); err != nil {
		return err
	}
	for _, code := range codes {
		if _, err := c.DB.ExecContext(ctx, `INSERT INTO recovery_codes (hash, user_id, created_at, used_at) VALUES ($1, $2, $3, 0)`,
			hash(userID, code), userID, c.Now().UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

// take uses up a code. Of any number of requests with the same code, one succeeds; the others get factor.ErrWrong.
func (c *Codes) take(ctx context.Context, userID, code string) error {
	res, err := c.DB.ExecContext(ctx, `UPDATE recovery_codes SET used_at = $1 WHERE hash = $2 AND user_id = $3 AND used_at = 0`,
		c.Now().UnixMilli(), hash(userID, code), userID)
	return database.OneRow(res, err, &factor.Problem{Says: wrong})
}

// left returns how many of the user's codes have not been used, and when the set was made and last used, in milliseconds.
func (c *Codes) left(ctx context.Context, userID string) (n int, created, used int64, err error) {
	err = c.DB.QueryRowContext(ctx, `
		SELECT count(CASE WHEN used_at = 0 THEN 1 END), coalesce(max(created_at), 0), coalesce(max(used_at), 0)
		  FROM recovery_codes WHERE user_id = $1`, userID).Scan(&n, &created, &used)
	return n, created, used, err
}

// delete deletes the user's codes.
func (c *Codes) delete(ctx context.Context, userID string) error {
	_, err := c.DB.ExecContext(ctx, `DELETE FROM recovery_codes WHERE user_id = $1`, userID)
	return err
}
