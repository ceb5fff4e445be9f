package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// revokedFor is how long a token that was ended or replaced is remembered: longer than any request is in flight.
const revokedFor = time.Minute

// revoke remembers a token as one that no longer counts.
func (s *Store) revoke(ctx context.Context, hash, successor string) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO revoked_tokens (token_hash, expires_at, session_id) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at, session_id = excluded.session_id`,
		hash, s.now().Add(revokedFor).UnixMilli(), successor)
	return err
}

// Revoked reports whether a token with this hash was ended or replaced within the last minute, and which session goes on
// under another one within the same login; "" for none. That is good for nothing but to end it.
func (s *Store) Revoked(ctx context.Context, hash string) (is bool, successor string, err error) {
	now := s.now()
	err = s.db.QueryRowContext(ctx, `SELECT session_id FROM revoked_tokens WHERE token_hash = $1 AND expires_at > $2 AND expires_at <= $3`,
		hash, now.UnixMilli(), now.Add(2*revokedFor).UnixMilli()). // later than that: the clock was put back
		Scan(&successor)
	if errors.Is(err, sql.ErrNoRows) {
		return false, "", nil
	}
	return err == nil, successor, err
}

// Repeat is what is remembered of a form that gave a session another token: see package session, Repeats.
type Repeat struct {
	Key, Session string // Key tells the form from every other
	Lasting      bool   // its cookie outlives the browser
}

// RememberRepeat notes what the same form, sent once more with the token of this hash, would lead to.
func (s *Store) RememberRepeat(ctx context.Context, hash string, r Repeat) error {
	lasting := 0
	if r.Lasting {
		lasting = 1
	}
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO revoked_tokens (token_hash, expires_at, repeat_key, repeat_session, repeat_lasting) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (token_hash) DO UPDATE
		   SET repeat_key = excluded.repeat_key, repeat_session = excluded.repeat_session, repeat_lasting = excluded.repeat_lasting`,
		hash, s.now().Add(revokedFor).UnixMilli(), r.Key, r.Session, lasting)
	return err
}

// Repeated returns what was remembered of a form with this key and token. It returns sql.ErrNoRows if it is no repetition,
// or its session has ended.
func (s *Store) Repeated(ctx context.Context, hash, key string) (Repeat, error) {
	r, lasting, now := Repeat{Key: key}, 0, s.now()
	err := s.db.QueryRowContext(ctx, `
		SELECT s.id, t.repeat_lasting
		  FROM revoked_tokens t
		  JOIN sessions s ON s.id = t.repeat_session
		 WHERE t.token_hash = $1 AND t.repeat_key = $2 AND t.expires_at > $3 AND t.expires_at <= $4`,
		hash, key, now.UnixMilli(), now.Add(2*revokedFor).UnixMilli()).Scan(&r.Session, &lasting)
	r.Lasting = lasting == 1
	return r, err
}
