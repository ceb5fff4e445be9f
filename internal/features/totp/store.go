package totp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/fault"
)

// An app is the authenticator app of an account.
type app struct {
	userID, secret, keyID string // the secret as it is stored
	lastStep              int64
	Created, Used         time.Time
}

// find returns the user's app, or fault.NotFound.
func (t *TOTP) find(ctx context.Context, userID string) (a app, err error) {
	err = t.DB.QueryRowContext(ctx, `SELECT user_id, secret, key_id, last_step, created_at, used_at FROM totp WHERE user_id = $1`, userID).
		Scan(&a.userID, &a.secret, &a.keyID, &a.lastStep, database.Moment(&a.Created), database.Moment(&a.Used))
	if errors.Is(err, sql.ErrNoRows) {
		return a, fmt.Errorf("authenticator app: %w", fault.NotFound)
	}
	return a, err
}

// insert stores the user's app, in place of an earlier one. The step whose code confirmed it counts as used.
func (t *TOTP) insert(ctx context.Context, a app) error {
	_, err := t.DB.ExecContext(ctx, `
		INSERT INTO totp (user_id, secret, key_id, last_step, created_at, used_at) VALUES ($1, $2, $3, $4, $5, 0)
		ON CONFLICT (user_id) DO UPDATE
		   SET secret = excluded.secret, key_id = excluded.key_id, last_step = excluded.last_step, created_at = excluded.created_at, used_at = 0`,
		a.userID, a.secret, a.keyID, a.lastStep, t.Now().UnixMilli())
	return err
}

// takeStep uses up the code of a step, and those of all earlier steps. Of any number of requests with the same code, one
// succeeds (RFC 6238, 5.2); the others get factor.ErrWrong. The statement names the secret, so that a code of an app that was
// replaced meanwhile uses up nothing.
func (t *TOTP) takeStep(ctx context.Context, a app, step int64) error {
	res, err := t.DB.ExecContext(ctx, `UPDATE totp SET last_step = $1, used_at = $2 WHERE user_id = $3 AND secret = $4 AND last_step < $1`,
		step, t.Now().UnixMilli(), a.userID, a.secret)
	return database.OneRow(res, err, &factor.Problem{Says: usedUp})
}

// delete removes the user's app. It returns fault.NotFound.
func (t *TOTP) delete(ctx context.Context, userID string) error {
	res, err := t.DB.ExecContext(ctx, `DELETE FROM totp WHERE user_id = $1`, userID)
	return database.OneRow(res, err, fault.NotFound)
}

// keyIDs returns the keys under which secrets are encrypted.
func (t *TOTP) keyIDs(ctx context.Context) (ids []string, err error) {
	for last := ""; ; { // one step in the index for each key, however many apps there are
		next, err := t.DB.Strings(ctx, `SELECT key_id FROM totp WHERE key_id > $1 ORDER BY key_id LIMIT 1`, last)
		if err != nil || len(next) == 0 {
			return ids, err
		}
		last = next[0]
		ids = append(ids, last)
	}
}

// underKey returns at most 200 users whose secrets are encrypted under this key.
func (t *TOTP) underKey(ctx context.Context, keyID string) ([]string, error) {
	return t.DB.Strings(ctx, `SELECT user_id FROM totp WHERE key_id = $1 ORDER BY user_id LIMIT 200`, keyID)
}

// setSecret stores a secret that was encrypted again, unless it was changed meanwhile.
func (t *TOTP) setSecret(ctx context.Context, before app, secret, keyID string) error {
	_, err := t.DB.ExecContext(ctx, `UPDATE totp SET secret = $1, key_id = $2 WHERE user_id = $3 AND secret = $4`, secret, keyID, before.userID, before.secret)
	return err
}
