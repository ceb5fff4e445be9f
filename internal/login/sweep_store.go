package login

import (
	"context"
	"errors"
	"time"

	"example.com/latchkey/internal/fault"
)

// Sweep ends at most 200 logins that ran out, and deletes links that do not work any more, history that is older than
// 90 days, browsers that are not known any more, and forms that were kept for an hour, 200 of each. It returns how many.
// The sessions stay, without the keys that end with a login. A minute's slack leaves time to other instances.
func (m *Module) Sweep(ctx context.Context) (swept int64, err error) {
	now := m.Now().Add(-time.Minute)
	err = m.DB.InTx(ctx, func(ctx context.Context) error {
		swept = 0
		rows, err := m.DB.QueryContext(ctx, `
			SELECT id, session_id, CASE WHEN factors = '' THEN '' ELSE user_id END FROM logins
			 WHERE expires_at < $1 OR remembered = 0 AND seen_at < $2 OR remembered = 1 AND seen_at < $3
			 ORDER BY id LIMIT 200`,
			now.UnixMilli(), now.Add(-m.Idle).UnixMilli(), now.Add(-m.RememberIdle).UnixMilli())
		if err != nil {
			return err
		}
		var over []Login
		for rows.Next() {
			var l Login // of nobody, if it is but half logged in
			if err := rows.Scan(&l.ID, &l.SessionID, &l.UserID); err != nil {
				return errors.Join(err, rows.Close())
			}
			over = append(over, l)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, l := range over {
			if err := m.expire(ctx, l); err != nil && !errors.Is(err, fault.Ended) {
				return err
			}
		}
		swept = int64(len(over))
		return nil
	})
	if err != nil {
		return 0, err
	}
	if _, err = m.DB.ExecContext(ctx, `
		DELETE FROM known_browsers WHERE token_hash IN (
			SELECT token_hash FROM known_browsers WHERE expires_at < $1 ORDER BY expires_at LIMIT 200)`, now.UnixMilli()); err != nil {
		return swept, err
	}
	for _, more := range []func(context.Context) (int64, error){m.sweepTokens, m.sweepEvents, m.sweepForms} {
		n, err := more(ctx)
		if err != nil {
			return swept, err
		}
		swept += n
	}
	return swept, nil
}
