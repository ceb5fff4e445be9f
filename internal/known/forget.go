package known

import (
	"context"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/secret"
)

// Exports are the tables of this package that hold something of a user.
var Exports = []database.Export{
	{Table: "known_browsers", About: "Browsers that have logged in before", Columns: "created_at, expires_at, trust_ends_at, user_agent", Key: "token_hash"},
}

// ForgetBrowser makes the browser with these tokens unknown to every account.
func (b *Browsers) ForgetBrowser(ctx context.Context, known Tokens) error {
	for _, token := range known {
		if _, err := b.db.ExecContext(ctx, `DELETE FROM known_browsers WHERE token_hash = $1`, secret.Hash(token)); err != nil {
			return err
		}
	}
	return nil
}

// ForgetOthers makes every browser unknown to the user but the one of this request, which gets a new token, in the
// context's transaction: a thief may have a copy of the one that it came with.
func (b *Browsers) ForgetOthers(ctx context.Context, userID string, known Tokens) (token string, err error) {
	token = secret.New()
	if err := b.RememberBrowser(ctx, userID, known, token); err != nil {
		return "", err
	}
	_, err = b.db.ExecContext(ctx, `DELETE FROM known_browsers WHERE user_id = $1 AND token_hash <> $2`, userID, secret.Hash(token))
	return token, err
}

// KnownBrowsers returns how many browsers are known to the user.
func (b *Browsers) KnownBrowsers(ctx context.Context, userID string) (n int, err error) {
	err = b.db.QueryRowContext(ctx, `SELECT count(*) FROM known_browsers WHERE user_id = $1 AND expires_at > $2`, userID, b.now().UnixMilli()).Scan(&n)
	return n, err
}

// ForgetAll makes every browser unknown to the user, in the context's transaction.
func (b *Browsers) ForgetAll(ctx context.Context, userID string) error {
	_, err := b.db.ExecContext(ctx, `DELETE FROM known_browsers WHERE user_id = $1`, userID)
	return err
}

// Sweep deletes at most 200 known browsers that have expired, and returns how many.
func (b *Browsers) Sweep(ctx context.Context) (int64, error) {
	return b.db.DeleteSome(ctx, "known_browsers", "token_hash, user_id", "expires_at", "expires_at < $1", b.now().UnixMilli())
}
