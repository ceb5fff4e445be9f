package session

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/alexedwards/scs/v2"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/session/store"
	"example.com/latchkey/internal/web"
)

// scsStore is the scs.CtxStore. Rows are found by the token's hash, inserted once and changed by UPDATE. CommitCtx and
// DeleteCtx go by the visit in the context and not by the token, so that they are right whichever token the row has by
// now, and when a transaction is tried again.
type scsStore struct{ s *Sessions }

var _ scs.CtxStore = scsStore{}

// FindCtx loads the session whose token has this hash, and notes in the visit what was found. Of several tokens of one
// request the first that is live becomes its session.
func (st scsStore) FindCtx(ctx context.Context, token string) (text []byte, found bool, err error) {
	v, hash := visitOf(ctx), secret.Hash(token)
	r, text, err := st.s.rows.Find(ctx, hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, false, st.findRevoked(ctx, v, hash)
	case err != nil:
		return nil, false, err
	case !r.Expires.After(st.s.Now()):
		return nil, false, nil // expired; the janitor comes later
	case v.state == live:
		v.also = append(v.also, r.ID)
		return nil, false, nil
	}
	v.row, v.state = r, live
	return text, true, nil
}

func (st scsStore) findRevoked(ctx context.Context, v *visit, hash string) error {
	is, successor, err := st.s.rows.Revoked(ctx, hash)
	if is && v.state == noSession {
		v.state = revoked
	}
	if successor != "" {
		v.also = append(v.also, successor)
	}
	return err
}

// CommitCtx applies the changes of the visit to the latest data of its row or, if there is no session yet, inserts the
// row. It returns fault.SessionEnded, fault.TooLarge or fault.RateLimited.
func (st scsStore) CommitCtx(ctx context.Context, token string, text []byte, _ time.Time) error {
	s, v := st.s, visitOf(ctx)
	if v.state == live {
		return s.rows.Change(ctx, v.row.ID, v.row.Hash, v.ops)
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		_, d, err := store.Codec{}.Decode(text)
		if err != nil {
			return err
		}
		if err := s.Limits.Take(ctx, s.Creation.For(web.RequestOf(ctx).Network())); err != nil {
			return err
		}
		r, err := s.insert(ctx, token, d, time.Time{})
		if err != nil {
			return err
		}
		database.OnCommit(ctx, func() { v.become(r, token, s.Lifetime > 0) })
		return nil
	})
}

// DeleteCtx ends the session of the visit, and revokes the token that its row has by now.
func (st scsStore) DeleteCtx(ctx context.Context, _ string) error {
	return st.s.rows.End(ctx, visitOf(ctx).row.ID)
}

// Find, Commit and Delete are scs.Store's methods without a context. scs prefers the ones above, which need the visit.
func (scsStore) Find(string) ([]byte, bool, error)      { panic("session: scs calls FindCtx") }
func (scsStore) Commit(string, []byte, time.Time) error { panic("session: scs calls CommitCtx") }
func (scsStore) Delete(string) error                    { panic("session: scs calls DeleteCtx") }

// insert creates the row of this browser. It lives at least until the given time.
func (s *Sessions) insert(ctx context.Context, token string, d store.Data, until time.Time) (store.Row, error) {
	info, now := web.RequestOf(ctx), s.Now()
	r := store.Row{
		ID: database.NewID(), Hash: secret.Hash(token), Network: info.Truncated(), UserAgent: info.UserAgent,
		Created: now, Seen: now, Expires: now.Add(min(firstHit, s.lifetime())), Hits: 1,
	}
	if until.After(r.Expires) {
		r.Expires = until
	}
	return r, s.rows.Insert(ctx, r, d)
}

// Lock locks the row of this request's session until the transaction ends, and returns its id. It returns
// fault.SessionEnded if the session was ended, or given a new token, meanwhile. Lock order: users, then sessions, then
// logins.
func (s *Sessions) Lock(ctx context.Context) (id string, err error) {
	latest, err := s.rows.LockHash(ctx, TokenHash(ctx))
	return latest.ID, err
}
