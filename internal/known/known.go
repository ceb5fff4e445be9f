// Package known remembers in which browsers an account has been logged in before, by a cookie of its own. Being known gives
// no rights: only a bucket of tries of its own and a place in the queue of hashes, so that somebody else's guessing cannot
// lock the owner out, and no mail about a new browser. It knows no sessions and no logins.
package known

import (
	"context"
	"database/sql"
	"errors"
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

// Exports are the tables of this package that hold something of a user.
var Exports = []database.Export{
	{Table: "known_browsers", About: "Browsers that have logged in before", Columns: "created_at, expires_at, trust_ends_at, user_agent", Key: "token_hash"},
}

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

// Is reports whether this is the browser whose token has this hash. It may be worth an account, so of a browser that came
// with more than one it is false: somebody may have planted the other.
func (k Tokens) Is(hash string) bool { return len(k) == 1 && secret.Hash(k[0]) == hash }

// Known returns the tokens of the request's cookies of known browsers, at most four of the right form.
func (b *Browsers) Known(r *http.Request) Tokens { return cookie.Tokens(r, b.cookie) }

// knownCookie is for this host alone, whatever COOKIE_DOMAIN says, so that no other host of the domain can read it, nor,
// with https, plant one.
func (b *Browsers) knownCookie(token string) http.Cookie {
	return http.Cookie{
		Name: b.cookie, Value: token, Path: "/", MaxAge: int(knownFor.Seconds()),
		HttpOnly: true, Secure: b.secure, SameSite: http.SameSiteLaxMode,
	}
}

// SetKnownCookie gives the browser the token of known browsers.
func (b *Browsers) SetKnownCookie(w http.ResponseWriter, token string) {
	c := b.knownCookie(token)
	http.SetCookie(w, &c)
}

// ExpireKnownCookie takes the cookie of known browsers away, with whatever else of its name the browser may have.
func (b *Browsers) ExpireKnownCookie(w http.ResponseWriter, r *http.Request) {
	c := b.knownCookie("")
	c.MaxAge = -1
	for _, stray := range append(cookie.Strays(r, c), &c) {
		http.SetCookie(w, stray)
	}
}

// ExpireStrays expires what is not ours of a request's cookies of known browsers, if it came with more than one.
func (b *Browsers) ExpireStrays(w http.ResponseWriter, r *http.Request) {
	if !cookie.Several(r, b.cookie) {
		return
	}
	for _, stray := range cookie.Strays(r, b.knownCookie("")) {
		http.SetCookie(w, stray)
	}
}

// IsKnown reports whether the browser with one of these tokens is known to the user.
func (b *Browsers) IsKnown(ctx context.Context, userID string, known Tokens) (bool, error) {
	token, err := b.KnownBy(ctx, userID, known)
	return token != "", err
}

// KnownBy returns the token by which the browser is known to the user, "" if it is not.
func (b *Browsers) KnownBy(ctx context.Context, userID string, known Tokens) (string, error) {
	now := b.now().UnixMilli()
	for _, token := range known {
		var until int64
		err := b.db.QueryRowContext(ctx, `SELECT expires_at FROM known_browsers WHERE token_hash = $1 AND user_id = $2`,
			secret.Hash(token), userID).Scan(&until)
		if err == nil && until > now {
			return token, nil
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return "", err
		}
	}
	return "", nil
}

// IsKnownToAny reports whether the browser with one of these tokens is known to any account.
func (b *Browsers) IsKnownToAny(ctx context.Context, known Tokens) (bool, error) {
	for _, token := range known {
		var n int
		err := b.db.QueryRowContext(ctx, `SELECT count(*) FROM known_browsers WHERE token_hash = $1`, secret.Hash(token)).Scan(&n)
		if err != nil || n > 0 {
			return n > 0, err
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

// RememberAnew makes the browser, which is known to the user by one of the old tokens, known by the new one that it returns.
func (b *Browsers) RememberAnew(ctx context.Context, userID string, old Tokens) (token string, err error) {
	token = secret.New()
	return token, b.db.InTx(ctx, func(ctx context.Context) error { return b.RememberBrowser(ctx, userID, old, token) })
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
