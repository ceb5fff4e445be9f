package login

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"example.com/latchkey/internal/cookie"
	"example.com/latchkey/internal/secret"
)

// A known browser has logged in to an account before. Being known gives no rights: only a bucket of tries of its own and
// a place in the queue of hashes, so that somebody else's guessing cannot lock the owner out.

const (
	// knownFor is how long a browser stays known.
	knownFor = 365 * 24 * time.Hour
	// maxKnown is how many browsers may be known to one account; the next one makes the oldest unknown.
	maxKnown = 100
)

// Known are the tokens of a request's cookies of known browsers. There is one at most, unless another host of the domain
// planted one, or an older one was set for the whole domain: then each counts.
type Known []string

// Is reports whether this is the browser whose token has this hash. It may be worth an account, so of a browser that came
// with more than one it is false: somebody may have planted the other.
func (k Known) Is(hash string) bool { return len(k) == 1 && secret.Hash(k[0]) == hash }

// Known returns the tokens of the request's cookies of known browsers, at most four of the right form.
func (s *Service) Known(r *http.Request) Known { return cookie.Tokens(r, s.KnownCookie) }

// knownCookie is for this host alone, whatever COOKIE_DOMAIN says, so that no other host of the domain can read it, nor,
// with https, plant one.
func (s *Service) knownCookie(token string) http.Cookie {
	return http.Cookie{
		Name: s.KnownCookie, Value: token, Path: "/", MaxAge: int(knownFor.Seconds()),
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode,
	}
}

// SetKnownCookie gives the browser the token of known browsers.
func (s *Service) SetKnownCookie(w http.ResponseWriter, token string) {
	c := s.knownCookie(token)
	http.SetCookie(w, &c)
}

// ExpireKnownCookie takes the cookie of known browsers away, with whatever else of its name the browser may have.
func (s *Service) ExpireKnownCookie(w http.ResponseWriter, r *http.Request) {
	c := s.knownCookie("")
	c.MaxAge = -1
	for _, stray := range append(cookie.Strays(r, c), &c) {
		http.SetCookie(w, stray)
	}
}

// expireStrays expires what is not ours of a request's cookies of known browsers, if it came with more than one.
func (s *Service) expireStrays(w http.ResponseWriter, r *http.Request) {
	if !cookie.Several(r, s.KnownCookie) {
		return
	}
	for _, stray := range cookie.Strays(r, s.knownCookie("")) {
		http.SetCookie(w, stray)
	}
}

// IsKnown reports whether the browser with one of these tokens is known to the user.
func (s *Service) IsKnown(ctx context.Context, userID string, known Known) (bool, error) {
	token, err := s.knownBy(ctx, userID, known)
	return token != "", err
}

// knownBy returns the token by which the browser is known to the user, "" if it is not.
func (s *Service) knownBy(ctx context.Context, userID string, known Known) (string, error) {
	now := s.Now().UnixMilli()
	for _, token := range known {
		var until int64
		err := s.DB.QueryRowContext(ctx, `SELECT expires_at FROM known_browsers WHERE token_hash = $1 AND user_id = $2`,
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
func (s *Service) IsKnownToAny(ctx context.Context, known Known) (bool, error) {
	for _, token := range known {
		var n int
		err := s.DB.QueryRowContext(ctx, `SELECT count(*) FROM known_browsers WHERE token_hash = $1`, secret.Hash(token)).Scan(&n)
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// RememberBrowser makes the browser known to the user by the token, in the context's transaction. Other tokens that the
// browser came with are replaced for every account that it is known to: whoever had a copy of one has nothing.
func (s *Service) RememberBrowser(ctx context.Context, userID string, old Known, token string) error {
	if err := s.ReplaceBrowser(ctx, old, token); err != nil {
		return err
	}
	now := s.Now()
	if _, err := s.DB.ExecContext(ctx, `
		INSERT INTO known_browsers (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (token_hash, user_id) DO UPDATE SET expires_at = excluded.expires_at`,
		secret.Hash(token), userID, now.UnixMilli(), now.Add(knownFor).UnixMilli()); err != nil {
		return err
	}
	_, err := s.DB.ExecContext(ctx, `
		DELETE FROM known_browsers
		 WHERE user_id = $1 AND token_hash <> $2
		   AND token_hash NOT IN (
		       SELECT token_hash FROM known_browsers WHERE user_id = $1 AND token_hash <> $2 ORDER BY expires_at DESC, token_hash LIMIT $3)`,
		userID, secret.Hash(token), maxKnown-1)
	return err
}

// ReplaceBrowser gives a browser another token, and keeps what is known by those that it came with, in the context's
// transaction.
func (s *Service) ReplaceBrowser(ctx context.Context, old Known, token string) error {
	hash := secret.Hash(token)
	for _, was := range old {
		if was == token {
			continue
		}
		was = secret.Hash(was)
		if old.Is(was) {
			if err := s.Users.ReplaceRegisteredBy(ctx, was, hash); err != nil {
				return err
			}
		}
		if _, err := s.DB.ExecContext(ctx, `
			DELETE FROM known_browsers
			 WHERE token_hash = $1 AND user_id IN (SELECT user_id FROM known_browsers WHERE token_hash = $2)`, was, hash); err != nil {
			return err
		}
		if _, err := s.DB.ExecContext(ctx, `UPDATE known_browsers SET token_hash = $2 WHERE token_hash = $1`, was, hash); err != nil {
			return err
		}
	}
	return nil
}

// ForgetBrowser makes the browser with these tokens unknown to every account.
func (s *Service) ForgetBrowser(ctx context.Context, known Known) error {
	for _, token := range known {
		if _, err := s.DB.ExecContext(ctx, `DELETE FROM known_browsers WHERE token_hash = $1`, secret.Hash(token)); err != nil {
			return err
		}
	}
	return nil
}

// forgetOthers makes every browser unknown to the user but the one of this request, which gets a new token, in the
// context's transaction: a thief may have a copy of the one that it came with.
func (s *Service) forgetOthers(ctx context.Context, userID string, known Known) (token string, err error) {
	token = secret.New()
	if err := s.RememberBrowser(ctx, userID, known, token); err != nil {
		return "", err
	}
	_, err = s.DB.ExecContext(ctx, `DELETE FROM known_browsers WHERE user_id = $1 AND token_hash <> $2`, userID, secret.Hash(token))
	return token, err
}

// KnownBrowsers returns how many browsers are known to the user.
func (s *Service) KnownBrowsers(ctx context.Context, userID string) (n int, err error) {
	err = s.DB.QueryRowContext(ctx, `SELECT count(*) FROM known_browsers WHERE user_id = $1 AND expires_at > $2`, userID, s.Now().UnixMilli()).Scan(&n)
	return n, err
}
