package session

import (
	"context"
	"errors"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// Rotate gives the visitor a new token, because the rights of this browser are about to change: whoever knew the
// old one (session fixation, OWASP ASVS 7.2.4) is left behind. In the same transaction it calls then with the id
// of the session, so that both happen or neither. Keys that do not survive log in are dropped; changes that this
// request has made so far are saved.
//
// If the presented session is gone, or was rotated by another request, the visitor gets a session of its own.
// The cookie outlives the browser if lasting; the row lives at least until the given time.
func (s *Sessions) Rotate(ctx context.Context, lasting bool, until time.Time, then func(ctx context.Context, sessionID string) error) error {
	v := visitOf(ctx)
	v.renewing = true
	err := s.engine.RenewToken(ctx)
	v.renewing = false
	if err != nil {
		return err
	}
	token, before := s.engine.Token(ctx), v.row.id
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		id, err := s.move(ctx, v, token, until)
		if err != nil {
			return err
		}
		database.OnCommit(ctx, func() { v.lasting, v.dead = lasting, false })
		return then(ctx, id)
	})
	if err != nil {
		v.broken = true // scs holds a token that the table does not know
		return err
	}
	v.ops = nil
	for _, key := range s.engine.Keys(ctx) {
		if !keptAtLogin(key) || before != "" && before != v.row.id {
			s.engine.Remove(ctx, key)
		}
	}
	return nil
}

func (s *Sessions) move(ctx context.Context, v *visit, token string, until time.Time) (id string, err error) {
	if v.live {
		old := v.row.hash
		d, _, err := s.lock(ctx, "token_hash", old)
		switch {
		case err == nil:
			d.apply(v.ops, false)
			d.keep(keptAtLogin)
			text, err := d.encode()
			if err != nil {
				return "", err
			}
			moved := v.row
			moved.hash, moved.expires = hashToken(token), latest(v.row.expires, until)
			if _, err := s.DB.ExecContext(ctx, `UPDATE sessions SET token_hash = $1, data = $2, expires_at = $3 WHERE token_hash = $4`,
				moved.hash, text, moved.expires.UnixMilli(), old); err != nil {
				return "", err
			}
			database.OnCommit(ctx, func() { v.become(moved, token) })
			return v.row.id, s.bury(ctx, old)
		case !errors.Is(err, fault.Ended):
			return "", err
		}
	}
	d := data{}
	if !v.live && !v.dead {
		d.apply(v.ops, false)
		d.keep(keptAtLogin)
	}
	return s.insert(ctx, v, token, d, until)
}

// become makes r the session of this request, which the browser learns of by a new cookie.
func (v *visit) become(r row, token string) {
	v.row, v.live, v.cookie = r, true, token
	v.lasting = v.s.Lifetime > 0
}

// Restart ends the session of this request and gives the visitor a fresh one, with nothing of the old but the keys
// that are KeptAtLogout. It is how a log out and the end of a login by time are done. A request whose session
// has ended already gets none: the request that ended it has handed out the fresh one.
func (s *Sessions) Restart(ctx context.Context) error { return s.RestartThen(ctx, nil) }

// RestartThen is Restart, which in the same transaction calls then with the id of the fresh session, if it makes one.
func (s *Sessions) RestartThen(ctx context.Context, then func(ctx context.Context, sessionID string) error) error {
	v := visitOf(ctx)
	if !v.live {
		return nil
	}
	old, ops, kept, gone := v.row, v.ops, data{}, false
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		v.live, gone = true, false // this may be the second try
		d, _, err := s.lock(ctx, "token_hash", old.hash)
		if errors.Is(err, fault.Ended) {
			gone = true
			return nil
		}
		if err != nil {
			return err
		}
		d.apply(ops, false)
		d.keep(keptAtLogout)
		kept = d
		if err := s.engine.Destroy(ctx); err != nil {
			return err
		}
		if err := s.bury(ctx, old.hash); err != nil {
			return err
		}
		v.live, v.ops = false, nil
		for key, raw := range kept {
			v.ops = append(v.ops, op{kind: opSet, key: key, raw: raw})
		}
		token, _, err := s.engine.Commit(ctx) // no row any more: CommitCtx inserts one
		if err != nil || then == nil {
			return err
		}
		id, err := s.idOf(ctx, hashToken(token))
		if err != nil {
			return err
		}
		return then(ctx, id)
	})
	v.ops = nil
	if err != nil {
		v.broken = true
		return err
	}
	s.batch.forget(old.id)
	if gone {
		v.live, v.dead = false, true
		return s.engine.Clear(ctx)
	}
	for key, raw := range kept {
		s.engine.Put(ctx, key, raw)
	}
	return nil
}

// End ends another session at once, wherever it is used: its next request finds nothing.
// Ending a session that has ended is no error.
func (s *Sessions) End(ctx context.Context, id string) error {
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		_, hash, err := s.lock(ctx, "id", id)
		if errors.Is(err, fault.Ended) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := s.DB.ExecContext(ctx, `DELETE FROM sessions WHERE id = $1`, id); err != nil {
			return err
		}
		return s.bury(ctx, hash)
	})
	s.batch.forget(id)
	return err
}

// Strip removes from a session every key that is not KeptAtLogout: its login ran out while nobody was there.
func (s *Sessions) Strip(ctx context.Context, id string) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		d, _, err := s.lock(ctx, "id", id)
		if err != nil {
			return err
		}
		d.keep(keptAtLogout)
		return s.save(ctx, id, d)
	})
}

// Erase forgets this visitor: the row with everything that hangs on it goes, and so do our cookies.
func (s *Sessions) Erase(ctx context.Context) error {
	v := visitOf(ctx)
	v.expire, v.mayBear = true, false
	if !v.live {
		return nil
	}
	old := v.row
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.engine.Destroy(ctx); err != nil {
			return err
		}
		return s.bury(ctx, old.hash)
	})
	if err != nil {
		v.broken = true
		return err
	}
	v.live, v.dead, v.ops = false, true, nil
	s.batch.forget(old.id)
	return nil
}
