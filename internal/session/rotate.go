package session

import (
	"context"
	"errors"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/secret"
)

// Rotate gives the visitor a new token, because the rights of this browser are about to change: whoever knew the
// old one (session fixation, OWASP ASVS 7.2.4) is left behind. In the same transaction it calls then with the id
// of the session, so that both happen or neither. Keys that do not survive log in are dropped; changes that this
// request has made so far are saved.
//
// If the presented session is gone, or was rotated by another request, the visitor gets a session of its own.
// The cookie outlives the browser if lasting; the row lives at least until the given time.
func (s *Sessions) Rotate(ctx context.Context, lasting bool, until time.Time, then func(ctx context.Context, sessionID string) error) error {
	return s.rotate(ctx, lasting, until, false, then)
}

// Renew is Rotate for a browser that is logged in already, and proves once more who it is. A log out that comes with the
// old token meanwhile still ends the session.
func (s *Sessions) Renew(ctx context.Context, lasting bool, until time.Time, then func(ctx context.Context, sessionID string) error) error {
	return s.rotate(ctx, lasting, until, true, then)
}

func (s *Sessions) rotate(ctx context.Context, lasting bool, until time.Time, same bool, then func(context.Context, string) error) error {
	v := visitOf(ctx)
	token, before := secret.New(), v.row.id
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		id, err := s.move(ctx, v, token, until, same)
		if err != nil {
			return err
		}
		database.OnCommit(ctx, func() {
			v.lasting, v.revoked, v.ops = lasting, false, nil
			for _, key := range s.engine.Keys(ctx) {
				if !keptAtLogin(key) || before != "" && before != v.row.id {
					s.engine.Remove(ctx, key)
				}
			}
		})
		return then(ctx, id)
	})
}

func (s *Sessions) move(ctx context.Context, v *visit, token string, until time.Time, same bool) (id string, err error) {
	if v.live {
		d, _, err := s.lock(ctx, byHash, v.row.hash)
		switch {
		case err == nil:
			d.apply(v.ops, false)
			d.keep(keptAtLogin)
			text, err := d.encode()
			if err != nil {
				return "", err
			}
			moved := v.row
			moved.hash, moved.expires = secret.Hash(token), latest(v.row.expires, until)
			if _, err := s.DB.ExecContext(ctx, `UPDATE sessions SET token_hash = $1, data = $2, expires_at = $3 WHERE token_hash = $4`,
				moved.hash, text, moved.expires.UnixMilli(), v.row.hash); err != nil {
				return "", err
			}
			successor := ""
			if same {
				successor = moved.id
			}
			old := v.row.hash
			database.OnCommit(ctx, func() { v.become(moved, token) })
			return moved.id, s.revoke(ctx, old, successor)
		case !errors.Is(err, fault.SessionEnded):
			return "", err
		}
	}
	d := data{}
	if !v.live && !v.revoked {
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

// Reset ends the session of this request and gives the visitor a fresh one, with nothing of the old but the keys
// that are KeptAtLogout; in the same transaction it calls then, if it is not nil, with the id of the fresh one. It is how
// the end of a login by time is done. A request whose session has ended or was rotated already gets none: the request
// that did it has handed out the other one.
func (s *Sessions) Reset(ctx context.Context, then func(ctx context.Context, sessionID string) error) error {
	return s.reset(ctx, false, then)
}

// LogOut is Reset for whoever is logged in and wants out: it ends the session also if another request gave it a new
// token meanwhile, or just before this one arrived. It only takes rights away.
func (s *Sessions) LogOut(ctx context.Context) error {
	if v := visitOf(ctx); v.revoked && v.successor != "" {
		return s.End(ctx, v.successor)
	}
	return s.reset(ctx, true, nil)
}

func (s *Sessions) reset(ctx context.Context, rotatedToo bool, then func(context.Context, string) error) error {
	v := visitOf(ctx)
	if !v.live {
		return nil
	}
	old, ops, token := v.row, v.ops, secret.New()
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		d, hash, err := s.lock(ctx, byID, old.id)
		if errors.Is(err, fault.SessionEnded) || err == nil && hash != old.hash && !rotatedToo {
			database.OnCommit(ctx, func() { v.forget(ctx) })
			return nil
		}
		if err != nil {
			return err
		}
		d.apply(ops, hash != old.hash)
		d.keep(keptAtLogout)
		if err := s.drop(ctx, old.id, hash); err != nil {
			return err
		}
		database.OnCommit(ctx, func() { v.forget(ctx) }) // before insert's, which makes it live again
		id, err := s.insert(ctx, v, token, d, time.Time{})
		if err != nil {
			return err
		}
		database.OnCommit(ctx, func() {
			v.revoked = false
			for key, raw := range d {
				s.engine.Put(ctx, key, raw)
			}
		})
		if then == nil {
			return nil
		}
		return then(ctx, id)
	})
}

// forget makes this request one whose session has ended.
func (v *visit) forget(ctx context.Context) {
	v.s.batch.forget(v.row.id)
	v.live, v.revoked, v.ops = false, true, nil
	if err := v.s.engine.Clear(ctx); err != nil {
		panic(err) // it only empties a map
	}
}

// drop deletes a row and remembers its token as dead, in the caller's transaction.
func (s *Sessions) drop(ctx context.Context, id, hash string) error {
	if _, err := s.DB.ExecContext(ctx, `DELETE FROM sessions WHERE id = $1`, id); err != nil {
		return err
	}
	return s.revoke(ctx, hash, "")
}

// End ends another session at once, wherever it is used: its next request finds nothing.
// Ending a session that has ended is no error.
func (s *Sessions) End(ctx context.Context, id string) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		_, hash, err := s.lock(ctx, byID, id)
		if errors.Is(err, fault.SessionEnded) {
			return nil
		}
		if err != nil {
			return err
		}
		database.OnCommit(ctx, func() { s.batch.forget(id) })
		return s.drop(ctx, id, hash)
	})
}

// DropUserKeys removes from a session every key that is not KeptAtLogout: its login ran out while nobody was there.
func (s *Sessions) DropUserKeys(ctx context.Context, id string) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		d, _, err := s.lock(ctx, byID, id)
		if err != nil {
			return err
		}
		d.keep(keptAtLogout)
		return s.save(ctx, id, d)
	})
}

// Erase forgets this visitor: the row with everything that hangs on it goes, and so do our cookies, once it is gone.
// Like a log out it ends the session also if it was given a new token meanwhile.
func (s *Sessions) Erase(ctx context.Context) error {
	v := visitOf(ctx)
	id := v.row.id
	if !v.live {
		id = v.successor
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		database.OnCommit(ctx, func() {
			v.forget(ctx)
			v.expire, v.mayCreate = true, false
		})
		return s.End(ctx, id)
	})
}
