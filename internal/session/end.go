package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/secret"
)

// Reset ends the session of this request and gives the visitor a fresh one, with nothing of the old but the keys that are
// KeptAtLogout: it is how a login ends by time. In the same transaction it calls then, if it is not nil, with the id of the
// fresh session, while the old row is still there, so that rows that hang on it can be moved. If another request has ended
// or rotated the session, Reset does nothing: that one has handed out a cookie.
func (s *Sessions) Reset(ctx context.Context, then func(ctx context.Context, sessionID string) error) error {
	return s.reset(ctx, false, then)
}

// LogOut is Reset for whoever wants out. It ends the session even if another request gave it a new token meanwhile, or just
// before this one arrived, and every other session that the browser has sent a cookie of: it only takes rights away.
func (s *Sessions) LogOut(ctx context.Context) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.endOthers(ctx); err != nil {
			return err
		}
		return s.reset(ctx, true, nil)
	})
}

// endOthers ends the sessions of the visitor's other cookies.
func (s *Sessions) endOthers(ctx context.Context) error {
	v := visitOf(ctx)
	for _, id := range slices.Sorted(slices.Values(v.also)) { // one order for all: no deadlock
		if v.state == live && id == v.row.ID {
			continue
		}
		if err := s.End(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sessions) reset(ctx context.Context, rotatedToo bool, then func(context.Context, string) error) error {
	v := visitOf(ctx)
	if v.state != live {
		return nil
	}
	old, ops, token := v.row, v.ops, secret.New()
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		latest, err := s.rows.LockID(ctx, old.ID)
		if errors.Is(err, fault.SessionEnded) || err == nil && latest.Hash != old.Hash && !rotatedToo {
			database.OnCommit(ctx, func() { v.forget(ctx) })
			return nil
		}
		if err != nil {
			return err
		}
		d := latest.Data
		d.Apply(ops, latest.Hash != old.Hash)
		d.LogOut()
		fresh, err := s.insert(ctx, token, d, time.Time{})
		if errors.Is(err, fault.TooLarge) { // a log out must not fail because the visitor keeps too much
			s.Log.Warn("nothing kept at log out", "err", err)
			clear(d)
			fresh, err = s.insert(ctx, token, d, time.Time{})
		}
		if err != nil {
			return err
		}
		if then != nil {
			if err := then(ctx, fresh.ID); err != nil {
				return err
			}
		}
		if err := s.engine.Destroy(ctx); err != nil { // by way of DeleteCtx
			return err
		}
		database.OnCommit(ctx, func() { v.goOn(ctx, fresh, token, s.Lifetime > 0, d) })
		return nil
	})
}

// End ends a session at once, wherever it is used: its next request finds nothing, and its token is revoked.
// Ending a session that has ended is no error.
func (s *Sessions) End(ctx context.Context, id string) error { return s.rows.End(ctx, id) }

// DropUserKeys removes from a session every key that is not KeptAtLogout: its login ran out while nobody was there.
func (s *Sessions) DropUserKeys(ctx context.Context, id string) error { return s.rows.LogOut(ctx, id) }

// Erase forgets this visitor: the row goes with everything that hangs on it, and once it is gone, all cookies of our name are
// expired. Like LogOut it ends the session even if that was given a new token meanwhile, and those of other cookies.
func (s *Sessions) Erase(ctx context.Context) error {
	v := visitOf(ctx)
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.endOthers(ctx); err != nil {
			return err
		}
		if v.state == live {
			if err := s.engine.Destroy(ctx); err != nil {
				return err
			}
		}
		database.OnCommit(ctx, func() {
			v.forget(ctx)
			v.state, v.cookie, v.mayCreate = erased, s.expired(), false
		})
		return nil
	})
}
