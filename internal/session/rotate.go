package session

import (
	"cmp"
	"context"
	"errors"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/session/store"
	"example.com/latchkey/internal/web"
)

// A Rotation says what comes with a new token. The zero value is a rotation whose cookie ends with the browser.
type Rotation struct {
	Lasting   bool      // the cookie outlives the browser
	Until     time.Time // the row lives at least until then
	SameLogin bool      // the browser stays within its login: a log out that comes with the old token still ends the session
	// Repeatable says that the form of this request holds a password: who sends it twice gets the same session, see Repeats.
	Repeatable bool
}

// Rotate gives the visitor a new token, because the rights of this browser are about to change: whoever knew the
// old one (session fixation, OWASP ASVS 7.2.4) is left behind. In the same transaction it calls then, if it is not nil,
// with the id of the session, so that both happen or neither. Keys that do not survive log in are dropped; changes that
// this request has made so far are saved.
//
// If the presented session is gone, or was rotated by another request, the visitor gets a session of its own, which counts
// against the limit of new sessions: beyond it, a GET that opens a link gets fault.RateLimited; what is posted to log in or
// register has a limit of its own, and goes through. But if that other request sent the same form, and the rotation is
// Repeatable, Rotate returns fault.SessionEnded, and the request goes on with Resume.
//
// It is our own and not scs's RenewToken, which deletes the old row before there is a new token: here the row stays, and
// its token changes within one UPDATE.
func (s *Sessions) Rotate(ctx context.Context, o Rotation, then func(ctx context.Context, sessionID string) error) error {
	v, token := visitOf(ctx), secret.New()
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		r, d, err := s.move(ctx, v, token, o)
		if errors.Is(err, fault.SessionEnded) {
			if o.Repeatable { // the same form, sent twice, may have been faster: no second session
				if _, none := s.repeated(ctx, v); !errors.Is(none, fault.SessionEnded) {
					return cmp.Or(none, err)
				}
			}
			r, d, err = s.replace(ctx, v, token, o.Until)
		}
		if err != nil {
			return err
		}
		if o.Repeatable {
			if err := s.rememberRepeat(ctx, v, r.ID, o.Lasting); err != nil {
				return err
			}
		}
		database.OnCommit(ctx, func() { v.goOn(ctx, r, token, o.Lasting, d) })
		if then == nil {
			return nil
		}
		return then(ctx, r.ID)
	})
}

// move gives the row of the visit another token, and revokes the old one. It returns fault.SessionEnded if there is no
// row with the token that the request presented.
func (s *Sessions) move(ctx context.Context, v *visit, token string, o Rotation) (store.Row, store.Data, error) {
	if v.state != live {
		return store.Row{}, nil, fault.SessionEnded
	}
	latest, err := s.rows.LockHash(ctx, v.row.Hash)
	if err != nil {
		return store.Row{}, nil, err
	}
	latest.Data.Apply(v.ops, false)
	latest.Data.LogIn()
	moved := v.row
	moved.Hash = secret.Hash(token)
	if o.Until.After(moved.Expires) {
		moved.Expires = o.Until
	}
	return moved, latest.Data, s.rows.Move(ctx, v.row.Hash, moved, latest.Data, o.SameLogin)
}

// replace creates a session for a visitor whose own is gone, or who never had one. Only in the second case it takes along
// what this request has stored.
func (s *Sessions) replace(ctx context.Context, v *visit, token string, until time.Time) (store.Row, store.Data, error) {
	err := s.Limits.Take(ctx, s.Creation.For(web.RequestOf(ctx).Network()))
	if _, limited := errors.AsType[*fault.RateLimited](err); err != nil && (!limited || web.Safe(v.r.Method)) {
		return store.Row{}, nil, err
	}
	d := store.Data{}
	if v.state == noSession {
		d.Apply(v.ops, false)
		d.LogIn()
	}
	r, err := s.insert(ctx, token, d, until)
	return r, d, err
}
