package store

import (
	"context"
	"time"
)

// Sweep deletes at most 200 rows of each kind that has run out, and returns how many. A minute's slack leaves time to other
// instances whose activity is not written yet; ours is to be written before: see Flush.
func (s *Store) Sweep(ctx context.Context) (swept int64, err error) {
	if err := s.repair(ctx); err != nil {
		return 0, err
	}
	now := s.now()
	if swept, err = s.db.DeleteSome(ctx, "sessions", "id", "expires_at", "expires_at < $1", now.Add(-time.Minute).UnixMilli()); err != nil {
		return 0, err
	}
	// Or it was to be remembered for longer than any is: the clock was put back.
	revoked, err := s.db.DeleteSome(ctx, "revoked_tokens", "token_hash", "expires_at", "(expires_at < $1 OR expires_at > $2)",
		now.UnixMilli(), now.Add(2*revokedFor).UnixMilli())
	return swept + revoked, err
}

// repair finds out, at the first flush and when the clock was put back since the last one, which sessions were seen in
// the future. They last as long from now as they were to last then; else they would live until the clock is there again.
// There is no index for it, so it is not asked each time, and reads before it takes a lock.
func (s *Store) repair(ctx context.Context) error {
	now := s.now()
	s.mu.Lock()
	before := s.clock
	s.clock = max(before, now.UnixMilli())
	s.mu.Unlock()
	for before > now.UnixMilli() {
		ids, err := s.seenAfter(ctx, now)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.CountFromNow(ctx, id, now); err != nil {
				return err
			}
		}
		if len(ids) == 0 {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.clock == before {
				s.clock = now.UnixMilli()
			}
			return nil
		}
	}
	return nil
}

// seenAfter returns the ids of at most 200 sessions that were seen after this time.
func (s *Store) seenAfter(ctx context.Context, now time.Time) (ids []string, err error) {
	return s.db.Strings(ctx, `SELECT id FROM sessions WHERE seen_at > $1 LIMIT 200`, now.UnixMilli())
}

// CountFromNow counts from now what a session was to last when it was seen in the future: the clock was put back.
func (s *Store) CountFromNow(ctx context.Context, id string, now time.Time) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		_, err := s.db.ExecContext(ctx, `
			UPDATE sessions
			   SET created_at = CASE WHEN created_at > $1 THEN $1 ELSE created_at END,
			       expires_at = expires_at - (seen_at - $1),
			       seen_at    = $1
			 WHERE id = $2 AND seen_at > $1`, now.UnixMilli(), id)
		for _, f := range s.onBack {
			if err == nil {
				err = f(ctx, id, now)
			}
		}
		return err
	})
}
