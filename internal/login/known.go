package login

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"example.com/latchkey/internal/session"
)

// knownFor is how long a browser stays known.
const knownFor = 365 * 24 * time.Hour

// A known browser has logged in to an account before. Being known gives no rights: only a bucket of tries of its own,
// so that somebody else's guessing cannot lock the owner out.

// Known returns the token of the request's cookie of known browsers, "" if there is none of the right form.
func (m *Module) Known(r *http.Request) string {
	c, err := r.Cookie(m.KnownCookie)
	if err != nil || !session.ValidSecret(c.Value) {
		return ""
	}
	return c.Value
}

// KeepKnown gives the browser the token that LogIn or Register returned; with "" it takes the cookie away.
func (m *Module) KeepKnown(w http.ResponseWriter, token string) {
	c := &http.Cookie{
		Name: m.KnownCookie, Value: token, Path: "/", Domain: m.CookieDomain, MaxAge: int(knownFor.Seconds()),
		HttpOnly: true, Secure: m.Secure, SameSite: http.SameSiteLaxMode,
	}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// ForgetBrowser makes the browser with this token unknown to every account.
func (m *Module) ForgetBrowser(ctx context.Context, token string) error {
	_, err := m.DB.ExecContext(ctx, `DELETE FROM known_browsers WHERE token_hash = $1`, session.HashSecret(token))
	return err
}

func (m *Module) isKnown(ctx context.Context, userID, token string) (bool, error) {
	var until int64
	err := m.DB.QueryRowContext(ctx, `SELECT expires_at FROM known_browsers WHERE token_hash = $1 AND user_id = $2`,
		session.HashSecret(token), userID).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return until > m.Now().UnixMilli(), err
}

// isKnownToAny reports whether the browser with this token is known to any account.
func (m *Module) isKnownToAny(ctx context.Context, token string) (bool, error) {
	var n int
	err := m.DB.QueryRowContext(ctx, `SELECT count(*) FROM known_browsers WHERE token_hash = $1`, session.HashSecret(token)).Scan(&n)
	return n > 0, err
}

// remember makes the browser known to the user by the token. Another one that the browser came with is replaced for
// every account that it is known to: whoever had a copy of it from before has nothing.
func (m *Module) remember(ctx context.Context, userID, old, token string) error {
	if err := m.replaceKnown(ctx, old, token); err != nil {
		return err
	}
	now := m.Now()
	_, err := m.DB.ExecContext(ctx, `
		INSERT INTO known_browsers (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (token_hash, user_id) DO UPDATE SET expires_at = excluded.expires_at`,
		session.HashSecret(token), userID, now.UnixMilli(), now.Add(knownFor).UnixMilli())
	return err
}

// replaceKnown gives a browser another token, and keeps what is known by the old one.
func (m *Module) replaceKnown(ctx context.Context, old, token string) error {
	if old == "" || old == token {
		return nil
	}
	for _, query := range []string{
		`UPDATE known_browsers SET token_hash = $1 WHERE token_hash = $2`,
		`UPDATE users SET registered_by = $1 WHERE registered_by = $2`,
	} {
		if _, err := m.DB.ExecContext(ctx, query, session.HashSecret(token), session.HashSecret(old)); err != nil {
			return err
		}
	}
	return nil
}

// forgetBrowsers makes every browser unknown to the user.
func (m *Module) forgetBrowsers(ctx context.Context, userID string) error {
	_, err := m.DB.ExecContext(ctx, `DELETE FROM known_browsers WHERE user_id = $1`, userID)
	return err
}

// KnownBrowsers returns how many browsers are known to the user.
func (m *Module) KnownBrowsers(ctx context.Context, userID string) (n int, err error) {
	err = m.DB.QueryRowContext(ctx, `SELECT count(*) FROM known_browsers WHERE user_id = $1 AND expires_at > $2`, userID, m.Now().UnixMilli()).Scan(&n)
	return n, err
}
