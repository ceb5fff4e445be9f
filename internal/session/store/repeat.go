package store

import (
	"context"
	"database/sql"
	"errors"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// Repeat is what is remembered of a form that gave a session another token: see package session, Repeats.
type Repeat struct {
	Key, Session string // Key tells the form from every other
	Lasting      bool   // its cookie outlives the browser
}

// RememberRepeat notes what the same form, sent once more with the token of this hash, would lead to.
func (s *Store) RememberRepeat(ctx context.Context, hash string, r Repeat) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO revoked_tokens (token_hash, expires_at, repeat_key, repeat_session, repeat_lasting) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (token_hash) DO UPDATE
		   SET repeat_key = excluded.repeat_key, repeat_session = excluded.repeat_session, repeat_lasting = excluded.repeat_lasting`,
		hash, s.now().Add(revokedFor).UnixMilli(), r.Key, r.Session, database.Bit(r.Lasting))
	return err
}

// Repeated returns what was remembered of a form with this key and token. It returns fault.SessionEnded if it is no
// repetition, or its session has ended.
func (s *Store) Repeated(ctx context.Context, hash, key string) (Repeat, error) {
	r, now := Repeat{Key: key}, s.now()
	err := s.db.QueryRowContext(ctx, `
		SELECT s.id, t.repeat_lasting
		  FROM revoked_tokens t
		  JOIN sessions s ON s.id = t.repeat_session
		 WHERE t.token_hash = $1 AND t.repeat_key = $2 AND t.expires_at > $3 AND t.expires_at <= $4`,
		hash, key, now.UnixMilli(), now.Add(2*revokedFor).UnixMilli()).Scan(&r.Session, &r.Lasting)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.SessionEnded
	}
	return r, err
}
