package known

import (
	"context"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/secret"
)

// A Trusted is a known browser in which an account asks for no second factor. What makes the browser unknown ends the trust,
// too.
type Trusted struct {
	ID        string // the beginning of a hash: it tells one from another, and is worth nothing
	UserAgent string
	Until     time.Time
}

// Trust makes the browser with this token, which must be known to the user, a trusted one.
func (b *Browsers) Trust(ctx context.Context, userID, token, userAgent string, until time.Time) error {
	res, err := b.db.ExecContext(ctx, `UPDATE known_browsers SET trust_ends_at = $1, user_agent = $2 WHERE token_hash = $3 AND user_id = $4`,
		until.UnixMilli(), userAgent, secret.Hash(token), userID)
	return database.OneRow(res, err, fault.NotFound)
}

// Trusts reports whether the browser with these tokens is trusted by the user.
func (b *Browsers) Trusts(ctx context.Context, userID string, known Tokens) (bool, error) {
	for _, token := range known {
		trusts, err := b.db.Exists(ctx, `
			SELECT 1 FROM known_browsers WHERE token_hash = $1 AND user_id = $2 AND trust_ends_at > $3 AND expires_at > $3`,
			secret.Hash(token), userID, b.now().UnixMilli())
		if err != nil || trusts {
			return trusts, err
		}
	}
	return false, nil
}

// Trusted returns the browsers that the user trusts, the last one first.
func (b *Browsers) Trusted(ctx context.Context, userID string) ([]Trusted, error) {
	return database.All(ctx, b.db, func(t *Trusted) []any { return []any{&t.ID, &t.UserAgent, database.Moment(&t.Until)} }, `
		SELECT substr(token_hash, 1, 16), user_agent, trust_ends_at FROM known_browsers
		 WHERE user_id = $1 AND trust_ends_at > $2 ORDER BY trust_ends_at DESC, token_hash`, userID, b.now().UnixMilli())
}

// Distrust ends the trust in one of the user's browsers. It is no error if it has ended already.
func (b *Browsers) Distrust(ctx context.Context, userID, id string) error {
	_, err := b.db.ExecContext(ctx, `UPDATE known_browsers SET trust_ends_at = 0, user_agent = '' WHERE user_id = $1 AND substr(token_hash, 1, 16) = $2`, userID, id)
	return err
}

// DistrustAll ends the trust in all of the user's browsers. They stay known.
func (b *Browsers) DistrustAll(ctx context.Context, userID string) error {
	_, err := b.db.ExecContext(ctx, `UPDATE known_browsers SET trust_ends_at = 0, user_agent = '' WHERE user_id = $1 AND trust_ends_at > 0`, userID)
	return err
}
