// Package known remembers in which browsers an account has been logged in before, by a cookie of its own. Being known gives
// no rights: only a bucket of tries of its own and a place in the queue of hashes, so that somebody else's guessing cannot
// lock the owner out, and no mail about a new browser. It knows no sessions and no logins.
package known

import (
	"context"
	"net/http"
	"time"

	"example.com/latchkey/internal/cookie"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/user"
)

const (
	// knownFor is how long a browser stays known.
	knownFor = 365 * 24 * time.Hour
	// maxKnown is how many browsers may be known to one account; the next one makes the oldest unknown.
	maxKnown = 100
)

// Browsers are the known browsers of all accounts.
type Browsers struct {
	db     *database.DB
	users  *user.Store
	now    func() time.Time
	cookie string // its name
	secure bool   // the site is served by https
}

// New returns the known browsers, by a cookie of this name.
func New(db *database.DB, users *user.Store, now func() time.Time, cookie string, secure bool) *Browsers {
	return &Browsers{db, users, now, cookie, secure}
}

// Tokens are the tokens of a request's cookies of known browsers. There is one at most, unless another host of the domain
// planted one, or an older one was set for the whole domain: then each counts.
type Tokens []string

// Is reports whether this is the browser whose token has this hash. An account may depend on the answer, so it is false for a
// browser that came with more than one token: somebody may have planted the other.
func (k Tokens) Is(hash string) bool { return len(k) == 1 && secret.Hash(k[0]) == hash }

// Known returns the tokens of the request's cookies of known browsers, at most four of the right form.
func (b *Browsers) Known(r *http.Request) Tokens { return cookie.Tokens(r, b.cookie) }

// KnownBy returns the token by which the browser is known to the user, "" if it is not.
func (b *Browsers) KnownBy(ctx context.Context, userID string, known Tokens) (string, error) {
	for _, token := range known {
		is, err := b.db.Exists(ctx, `SELECT 1 FROM known_browsers WHERE token_hash = $1 AND user_id = $2 AND expires_at > $3`,
			secret.Hash(token), userID, b.now().UnixMilli())
		if err != nil {
			return "", err
		}
		if is {
			return token, nil
		}
	}
	return "", nil
}

// IsKnownToAny reports whether the browser with one of these tokens is known to any account.
func (b *Browsers) IsKnownToAny(ctx context.Context, known Tokens) (bool, error) {
	for _, token := range known {
		if is, err := b.db.Exists(ctx, `SELECT 1 FROM known_browsers WHERE token_hash = $1`, secret.Hash(token)); err != nil || is {
			return is, err
		}
	}
	return false, nil
}

// RememberBrowser makes the browser known to the user by the token, in the context's transaction. Other tokens that the
// browser came with are replaced for every account that it is known to: whoever had a copy of one has nothing.
func (b *Browsers) RememberBrowser(ctx context.Context, userID string, old Tokens, token string) error {
	if err := b.ReplaceBrowser(ctx, old, token); err != nil {
		return err
	}
	now := b.now()
	if _, err := b.db.ExecContext(ctx, `
		INSERT INTO known_browsers (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (token_hash, user_id) DO UPDATE SET expires_at = excluded.expires_at`,
		secret.Hash(token), userID, now.UnixMilli(), now.Add(knownFor).UnixMilli()); err != nil {
		return err
	}
	_, err := b.db.ExecContext(ctx, `
		DELETE FROM known_browsers
		 WHERE user_id = $1 AND token_hash <> $2
		   AND token_hash NOT IN (
		       SELECT token_hash FROM known_browsers WHERE user_id = $1 AND token_hash <> $2 ORDER BY expires_at DESC, token_hash LIMIT $3)`,
		userID, secret.Hash(token), maxKnown-1)
	return err
}

// ReplaceBrowser gives a browser another token, and keeps what is known by those that it came with, in the context's
// transaction.
func (b *Browsers) ReplaceBrowser(ctx context.Context, old Tokens, token string) error {
	hash := secret.Hash(token)
	for _, was := range old {
		if was == token {
			continue
		}
		was = secret.Hash(was)
		if old.Is(was) {
			if err := b.users.ReplaceRegisteredBy(ctx, was, hash); err != nil {
				return err
			}
		}
		if _, err := b.db.ExecContext(ctx, `
			DELETE FROM known_browsers
			 WHERE token_hash = $1 AND user_id IN (SELECT user_id FROM known_browsers WHERE token_hash = $2)`, was, hash); err != nil {
			return err
		}
		if _, err := b.db.ExecContext(ctx, `UPDATE known_browsers SET token_hash = $2 WHERE token_hash = $1`, was, hash); err != nil {
			return err
		}
	}
	return nil
}

// RememberAnew makes the browser, which is known to the user by one of the old tokens, known by the new one that it returns.
func (b *Browsers) RememberAnew(ctx context.Context, userID string, old Tokens) (token string, err error) {
	token = secret.New()
	return token, b.db.InTx(ctx, func(ctx context.Context) error { return b.RememberBrowser(ctx, userID, old, token) })
}
