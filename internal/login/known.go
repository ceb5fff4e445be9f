package login

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
)

// A known browser has logged in to an account before. Being known gives no rights: only a bucket of tries of its own,
// so that somebody else's guessing cannot lock the owner out.

// Known returns the token of the request's cookie of known browsers, "" if there is none of the right form.
func (m *Module) Known(r *http.Request) string {
	c, err := r.Cookie(m.KnownCookie)
	if err != nil {
		return ""
	}
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(c.Value); err != nil || len(raw) != 32 {
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
	_, err := m.DB.ExecContext(ctx, `DELETE FROM known_browsers WHERE token_hash = $1`, hashKnown(token))
	return err
}

func hashKnown(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (m *Module) isKnown(ctx context.Context, userID, token string) (bool, error) {
	var until int64
	err := m.DB.QueryRowContext(ctx, `SELECT expires_at FROM known_browsers WHERE token_hash = $1 AND user_id = $2`,
		hashKnown(token), userID).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return until > m.Now().UnixMilli(), err
}

// remember makes the browser known to the user. A token that we have given out before is kept,
// so that one browser may be known to several accounts; any other is replaced.
func (m *Module) remember(ctx context.Context, userID, token string) (string, error) {
	var known int
	err := m.DB.QueryRowContext(ctx, `SELECT 1 FROM known_browsers WHERE token_hash = $1 LIMIT 1`, hashKnown(token)).Scan(&known)
	if errors.Is(err, sql.ErrNoRows) {
		raw := make([]byte, 32)
		rand.Read(raw) //nolint:errcheck // never fails (crypto/rand)
		token = base64.RawURLEncoding.EncodeToString(raw)
	} else if err != nil {
		return "", err
	}
	now := m.Now()
	_, err = m.DB.ExecContext(ctx, `
		INSERT INTO known_browsers (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (token_hash, user_id) DO UPDATE SET expires_at = excluded.expires_at`,
		hashKnown(token), userID, now.UnixMilli(), now.Add(knownFor).UnixMilli())
	return token, err
}
