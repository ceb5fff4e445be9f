package session

import (
	"context"
	"time"
)

// Sweep deletes at most 200 rows of each kind that has run out, and returns how many.
// A minute's slack leaves time to other instances whose batch is not written yet.
func (s *Sessions) Sweep(ctx context.Context) (swept int64, err error) {
	now := s.Now()
	if err := s.repair(ctx, now); err != nil {
		return 0, err
	}
	for _, job := range []struct {
		table, key, order, expired string
		args                       []any
	}{
		{"sessions", "id", "expires_at", "expires_at < $1", []any{now.Add(-time.Minute).UnixMilli()}},
		// Or it was to be remembered for longer than any is: the clock was put back.
		{"revoked_tokens", "token_hash", "expires_at", "(expires_at < $1 OR expires_at > $2)", []any{now.UnixMilli(), now.Add(2 * revokedFor).UnixMilli()}},
		{"trail", "id", "at", "at < $1", []any{now.Add(-trailAge).UnixMilli()}},
	} {
		n, err := s.DB.DeleteSome(ctx, job.table, job.key, job.order, job.expired, job.args...)
		if err != nil {
			return swept, err
		}
		swept += n
	}
	return swept, nil
}

// sawTime notes the time of a request, for repair.
func (s *Sessions) sawTime(now time.Time) {
	for ms := now.UnixMilli(); ; {
		was := s.latest.Load()
		if ms <= was || s.latest.CompareAndSwap(was, ms) {
			return
		}
	}
}

// repair finds out, at the first sweep and when the clock was put back since the last one, which sessions were seen in
// the future. They last as long from now as they were to last then; else they would live until the clock is there again.
func (s *Sessions) repair(ctx context.Context, now time.Time) error {
	before := s.latest.Load()
	if before <= now.UnixMilli() {
		s.sawTime(now)
		return nil
	}
	// There is no index for it, so it is not asked at each sweep, and reads before it takes a lock.
	for {
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
			s.latest.CompareAndSwap(before, now.UnixMilli())
			return nil
		}
	}
}

// seenAfter returns the ids of at most 200 sessions that were seen after this time.
func (s *Sessions) seenAfter(ctx context.Context, now time.Time) (ids []string, err error) {
	rows, err := s.DB.QueryContext(ctx, `SELECT id FROM sessions WHERE seen_at > $1 LIMIT 200`, now.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// CountFromNow counts from now what a session was to last when it was seen in the future: the clock was put back.
func (s *Sessions) CountFromNow(ctx context.Context, id string, now time.Time) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		_, err := s.DB.ExecContext(ctx, `
			UPDATE sessions
			   SET created_at = CASE WHEN created_at > $1 THEN $1 ELSE created_at END,
			       expires_at = expires_at - (seen_at - $1),
			       seen_at    = $1
			 WHERE id = $2 AND seen_at > $1`, now.UnixMilli(), id)
		if err != nil {
			return err
		}
		for _, f := range s.onBack {
			if err := f(ctx, id, now); err != nil {
				return err
			}
		}
		return nil
	})
}
