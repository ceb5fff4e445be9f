package login

import (
	"context"
	"errors"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// Sweep ends at most 200 logins that ran out, and deletes links that do not work any more, history that is older than
// 90 days, browsers that are not known any more, and forms that were kept for an hour, 200 of each. It returns how many.
// The sessions stay, without the keys that end with a login. A minute's slack leaves time to other instances.
func (m *Module) Sweep(ctx context.Context) (swept int64, err error) {
	over, err := m.overdue(ctx)
	if err != nil {
		return 0, err
	}
	for _, l := range over {
		err := m.DB.InTx(ctx, func(ctx context.Context) error { return m.expire(ctx, l) })
		switch {
		case err == nil:
			swept++
		case !errors.Is(err, fault.SessionEnded):
			return swept, err
		}
	}
	now := m.Now().UnixMilli()
	for _, job := range []struct {
		table, key, order, expired string
		before              int64
	}{
		{"tokens", "hash", "expires_at", "expires_at < $1", now},
		{"events", "id", "at", "at < $1", m.Now().Add(-historyAge).UnixMilli()},
		{"events", "id", "at", "at < $1 AND user_id IS NULL", m.Now().Add(-24 * time.Hour).UnixMilli()},
		{"reserved_emails", "email_key, user_id", "expires_at", "expires_at < $1", now},
		{"known_browsers", "token_hash, user_id", "expires_at", "expires_at < $1", now},
		{"kept_forms", "session_id", "expires_at", "expires_at <= $1", now},
	} {
		n, err := m.DB.DeleteSome(ctx, job.table, job.key, job.order, job.expired, job.before)
		if err != nil {
			return swept, err
		}
		swept += n
	}
	return swept, nil
}

// ranOutRows are the logins that ran out; its parameters are limits. It is asked twice: a login that is used meanwhile
// has not run out.
const ranOutRows = `(expires_at < $1 OR remembered = 0 AND seen_at < $2 OR remembered = 1 AND seen_at < $3)`

func (m *Module) limits() []any {
	now := m.Now().Add(-time.Minute)
	return []any{now.UnixMilli(), now.Add(-m.Idle).UnixMilli(), now.Add(-m.RememberIdle).UnixMilli()}
}

func (m *Module) overdue(ctx context.Context) (over []Login, err error) {
	rows, err := m.DB.QueryContext(ctx, `
		SELECT id, session_id, user_id FROM logins
		 WHERE `+ranOutRows+` ORDER BY id LIMIT 200`, m.limits()...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l Login
		if err := rows.Scan(&l.ID, &l.SessionID, &l.UserID); err != nil {
			return nil, err
		}
		over = append(over, l)
	}
	return over, rows.Err()
}

// expire ends a login that ran out while nobody was there. It returns fault.SessionEnded if it was ended or used meanwhile.
// The session comes first, as everywhere, so that nobody waits for somebody who waits.
func (m *Module) expire(ctx context.Context, l Login) error {
	if _, err := m.DB.ExecContext(ctx, `UPDATE sessions SET hits = hits WHERE id = $1`, l.SessionID); err != nil {
		return err
	}
	res, err := m.DB.ExecContext(ctx, `DELETE FROM logins WHERE `+ranOutRows+` AND id = $4`, append(m.limits(), l.ID)...)
	if err := database.OneRow(res, err, fault.SessionEnded); err != nil {
		return err
	}
	if err := m.Sessions.DropUserKeys(ctx, l.SessionID); err != nil {
		return err
	}
	return m.noteRanOut(ctx, l.SessionID, l.UserID)
}
