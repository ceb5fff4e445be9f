package login

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"example.com/latchkey/internal/secret"
)

// A known browser has logged in to an account before. Being known gives no rights: only a bucket of tries of its own, so
// that somebody else's guessing cannot lock the owner out.

// knownFor is how long a browser stays known.
const knownFor = 365 * 24 * time.Hour

// Known returns the token of the request's cookie of known browsers, "" if there is none of the right form.
func (s *Service) Known(r *http.Request) string {
	c, err := r.Cookie(s.KnownCookie)
	if err != nil || !secret.Valid(c.Value) {
		return ""
	}
	return c.Value
}

// SetKnownCookie gives the browser the token of known browsers; with "" it takes the cookie away. The cookie is for this
// host alone, whatever COOKIE_DOMAIN says, so that no other host of the domain can plant one.
func (s *Service) SetKnownCookie(w http.ResponseWriter, token string) {
	c := &http.Cookie{
		Name: s.KnownCookie, Value: token, Path: "/", MaxAge: int(knownFor.Seconds()),
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode,
	}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// IsKnown reports whether the browser with this token is known to the user.
func (s *Service) IsKnown(ctx context.Context, userID, token string) (bool, error) {
	var until int64
	err := s.DB.QueryRowContext(ctx, `SELECT expires_at FROM known_browsers WHERE token_hash = $1 AND user_id = $2`,
		secret.Hash(token), userID).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return until > s.Now().UnixMilli(), err
}

// IsKnownToAny reports whether the browser with this token is known to any account.
func (s *Service) IsKnownToAny(ctx context.Context, token string) (bool, error) {
	var n int
	err := s.DB.QueryRowContext(ctx, `SELECT count(*) FROM known_browsers WHERE token_hash = $1`, secret.Hash(token)).Scan(&n)
	return n > 0, err
}

// RememberBrowser makes the browser known to the user by the token. Another token that the browser came with ("" for
// none) is replaced for every account that it is known to: whoever had a copy of it has nothing.
func (s *Service) RememberBrowser(ctx context.Context, userID, old, token string) error {
	if err := s.ReplaceBrowser(ctx, old, token); err != nil {
		return err
	}
	now := s.Now()
	_, err := s.DB.ExecContext(ctx, `
		INSERT INTO known_browsers (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (token_hash, user_id) DO UPDATE SET expires_at = excluded.expires_at`,
		secret.Hash(token), userID, now.UnixMilli(), now.Add(knownFor).UnixMilli())
	return err
}

// ReplaceBrowser gives a browser another token, and keeps what is known by the old one ("" for none).
func (s *Service) ReplaceBrowser(ctx context.Context, old, token string) error {
	if old == "" || old == token {
		return nil
	}
	if err := s.Users.ReplaceRegisteredBy(ctx, secret.Hash(old), secret.Hash(token)); err != nil {
		return err
	}
	_, err := s.DB.ExecContext(ctx, `UPDATE known_browsers SET token_hash = $1 WHERE token_hash = $2`, secret.Hash(token), secret.Hash(old))
	return err
}

// ForgetBrowser makes the browser with this token unknown to every account.
func (s *Service) ForgetBrowser(ctx context.Context, token string) error {
	_, err := s.DB.ExecContext(ctx, `DELETE FROM known_browsers WHERE token_hash = $1`, secret.Hash(token))
	return err
}

// ForgetBrowsers makes every browser unknown to the user but the one with this token ("" for all).
func (s *Service) ForgetBrowsers(ctx context.Context, userID, but string) error {
	_, err := s.DB.ExecContext(ctx, `DELETE FROM known_browsers WHERE user_id = $1 AND token_hash <> $2`, userID, secret.Hash(but))
	return err
}

// forgetOldestBrowsers makes all but the n most recently remembered browsers unknown to the user.
func (s *Service) forgetOldestBrowsers(ctx context.Context, userID string, n int) error {
	_, err := s.DB.ExecContext(ctx, `
		DELETE FROM known_browsers
		 WHERE user_id = $1
		   AND token_hash NOT IN (SELECT token_hash FROM known_browsers WHERE user_id = $1 ORDER BY expires_at DESC LIMIT $2)`, userID, n)
	return err
}

// KnownBrowsers returns how many browsers are known to the user.
func (s *Service) KnownBrowsers(ctx context.Context, userID string) (n int, err error) {
	err = s.DB.QueryRowContext(ctx, `SELECT count(*) FROM known_browsers WHERE user_id = $1 AND expires_at > $2`, userID, s.Now().UnixMilli()).Scan(&n)
	return n, err
}
