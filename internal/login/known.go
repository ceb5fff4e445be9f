package login

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"
)

// knownFor is how long a browser stays known.
const knownFor = 365 * 24 * time.Hour

// A known browser has logged in to an account before. Being known gives no rights: only a bucket of tries of its own,
// so that somebody else's guessing cannot lock the owner out.

// Known returns the token of the request's cookie of known browsers, "" if there is none of the right form.
func (m *Module) Known(r *http.Request) string {
	c, err := r.Cookie(m.KnownCookie)
	if err != nil || !validSecret(c.Value) {
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
	_, err := m.DB.ExecContext(ctx, `DELETE FROM known_browsers WHERE token_hash = $1`, hashSecret(token))
	return err
}

func (m *Module) isKnown(ctx context.Context, userID, token string) (bool, error) {
	var until int64
	err := m.DB.QueryRowContext(ctx, `SELECT expires_at FROM known_browsers WHERE token_hash = $1 AND user_id = $2`,
		hashSecret(token), userID).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return until > m.Now().UnixMilli(), err
}

// knownToken returns the token by which this browser shall be known. One that we have given out before is kept,
// so that one browser may be known to several accounts; any other is replaced.
func (m *Module) knownToken(ctx context.Context, token string) (string, error) {
	var known int
	err := m.DB.QueryRowContext(ctx, `SELECT 1 FROM known_browsers WHERE token_hash = $1 LIMIT 1`, hashSecret(token)).Scan(&known)
	if errors.Is(err, sql.ErrNoRows) {
		return newSecret(), nil
	}
	return token, err
}

// remember makes the browser known to the user.
func (m *Module) remember(ctx context.Context, userID, token string) error {
	now := m.Now()
	_, err := m.DB.ExecContext(ctx, `
		INSERT INTO known_browsers (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (token_hash, user_id) DO UPDATE SET expires_at = excluded.expires_at`,
		hashSecret(token), userID, now.UnixMilli(), now.Add(knownFor).UnixMilli())
	return err
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
