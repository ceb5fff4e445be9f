package session

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/web"
)

// A row is a session as the table keeps it, without its data.
type row struct {
	id, hash, ip, userAgent string
	created, seen, expires  time.Time
	hits                    int64
}

// store is the scs.CtxStore. Rows are found by the token's hash, inserted once and changed by UPDATE. CommitCtx and
// DeleteCtx go by the visit in the context and not by the token, so that they are right whichever token the row has by
// now, and when a transaction is tried again.
type store struct{ s *Sessions }

var _ scs.CtxStore = store{}

// FindCtx loads the session whose token has this hash, and notes in the visit what was found. Of several tokens of one
// request the first that is live becomes its session.
func (st store) FindCtx(ctx context.Context, token string) (text []byte, found bool, err error) {
	v := visitOf(ctx)
	r, text, err := st.s.find(ctx, secret.Hash(token))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, st.findRevoked(ctx, v, secret.Hash(token))
	}
	if err != nil {
		return nil, false, err
	}
	if !r.expires.After(st.s.Now()) && !st.s.batch.renewed(r.id, st.s.Now()) {
		return nil, false, nil // expired; the janitor comes later
	}
	if v.state == live {
		v.also = append(v.also, r.id)
		return nil, false, nil
	}
	v.row, v.state = r, live
	return text, true, nil
}

func (st store) findRevoked(ctx context.Context, v *visit, hash string) error {
	is, successor, err := st.s.isRevoked(ctx, hash)
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
func (st store) CommitCtx(ctx context.Context, token string, text []byte, _ time.Time) error {
	v := visitOf(ctx)
	if v.state != live {
		return st.s.create(ctx, v, token, string(text))
	}
	return st.s.DB.InTx(ctx, func(ctx context.Context) error {
		d, hash, err := st.s.lock(ctx, byID, v.row.id)
		if err != nil {
			return err
		}
		d.apply(v.ops, hash != v.row.hash)
		return st.s.save(ctx, v.row.id, d)
	})
}

// DeleteCtx ends the session of the visit, and revokes the token that its row has by now.
func (st store) DeleteCtx(ctx context.Context, _ string) error {
	return st.s.End(ctx, visitOf(ctx).row.id)
}

// Find, Commit and Delete are scs.Store's methods without a context. scs prefers the ones above, which need the visit.
func (store) Find(string) ([]byte, bool, error)      { panic("session: scs calls FindCtx") }
func (store) Commit(string, []byte, time.Time) error { panic("session: scs calls CommitCtx") }
func (store) Delete(string) error                    { panic("session: scs calls DeleteCtx") }

// find returns the row whose token has this hash, and its data. It returns sql.ErrNoRows if there is none.
func (s *Sessions) find(ctx context.Context, hash string) (r row, text []byte, err error) {
	held, err := s.rows.Get(ctx, hash, func(ctx context.Context) (stored, error) { return s.read(ctx, hash) })
	r, text = held.row, held.text
	now := s.Now()
	r.created = earliest(r.created, now)
	if r.seen.After(now) { // the clock was put back: the row lasts as long from now as it was to last then
		r.seen, r.expires = now, now.Add(r.expires.Sub(r.seen))
	}
	return r, text, err
}

// mostHeld bounds what is held of sessions in memory, in bytes, for as long as nothing is committed: 4,000 or more.
const mostHeld = 4 << 20

// stored is a session as it was read.
type stored struct {
	row
	text []byte // its data, which nobody changes
}

// size is about what it takes in memory, in bytes.
func (r stored) size() int { return 500 + len(r.text) + len(r.userAgent) }

// read returns a session as the table has it now.
func (s *Sessions) read(ctx context.Context, hash string) (r stored, err error) {
	var created, seen, expires int64
	err = s.DB.QueryRowContext(ctx, `
		SELECT id, data, created_at, seen_at, expires_at, hits, ip, user_agent
		  FROM sessions
		 WHERE token_hash = $1`, hash).
		Scan(&r.id, &r.text, &created, &seen, &expires, &r.hits, &r.ip, &r.userAgent)
	r.hash, r.created, r.seen, r.expires = hash, database.Time(created), database.Time(seen), database.Time(expires)
	return r, err
}

// create inserts the row of a visitor who has none.
func (s *Sessions) create(ctx context.Context, v *visit, token, text string) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Limits.Take(ctx, s.Creation.For(web.RequestOf(ctx).Network())); err != nil {
			return err
		}
		r, err := s.insert(ctx, token, text, time.Time{})
		if err != nil {
			return err
		}
		database.OnCommit(ctx, func() { v.become(r, token, s.Lifetime > 0) })
		return nil
	})
}

// insert creates a row: the only place where one comes from. It lives at least until the given time.
func (s *Sessions) insert(ctx context.Context, token, text string, until time.Time) (row, error) {
	if err := fits(text); err != nil {
		return row{}, err
	}
	info, now, life := web.RequestOf(ctx), s.Now(), firstHit
	if s.Lifetime > 0 {
		life = min(life, s.Lifetime)
	}
	r := row{
		id: database.NewID(), hash: secret.Hash(token), created: now, seen: now, expires: latest(now.Add(life), until), hits: 1,
		ip: info.Truncated(), userAgent: info.UserAgent,
	}
	_, err := s.DB.ExecContext(ctx, `
		INSERT INTO sessions (id, token_hash, data, created_at, seen_at, expires_at, hits, ip, user_agent)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		r.id, r.hash, text, now.UnixMilli(), now.UnixMilli(), r.expires.UnixMilli(), r.hits, r.ip, r.userAgent)
	return r, err
}

// How lock finds its row.
const (
	byID   = `UPDATE sessions SET hits = hits WHERE id = $1 RETURNING data, token_hash`
	byHash = `UPDATE sessions SET hits = hits WHERE token_hash = $1 RETURNING data, token_hash`
)

// lock returns the latest data and token hash of a row, which nobody else changes until the transaction ends.
// It begins with an UPDATE: on PostgreSQL a SELECT first would lose a change made in between.
// Without a row the session has ended: fault.SessionEnded.
func (s *Sessions) lock(ctx context.Context, query, value string) (d data, hash string, err error) {
	var text string
	err = s.DB.QueryRowContext(ctx, query, value).Scan(&text, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", fmt.Errorf("session %.8s…: %w", value, fault.SessionEnded)
	}
	if err != nil {
		return nil, "", err
	}
	if d, err = decode(text); err != nil {
		s.Log.Warn("session data dropped", "err", err)
		d = data{}
	}
	return d, hash, nil
}

// save stores the data of a locked row. It returns fault.TooLarge if that is more than a visitor may have.
func (s *Sessions) save(ctx context.Context, id string, d data) error {
	text, err := d.encode()
	if err != nil {
		return err
	}
	if err := fits(text); err != nil {
		return err
	}
	_, err = s.DB.ExecContext(ctx, `UPDATE sessions SET data = $1 WHERE id = $2`, text, id)
	return err
}

// isRevoked reports whether a token with this hash was ended or replaced a moment ago, and which session goes on under
// another one within the same login; "" for none. That is good for nothing but to end it.
func (s *Sessions) isRevoked(ctx context.Context, hash string) (is bool, successor string, err error) {
	var until int64
	err = s.DB.QueryRowContext(ctx, `SELECT expires_at, session_id FROM revoked_tokens WHERE token_hash = $1`, hash).Scan(&until, &successor)
	if errors.Is(err, sql.ErrNoRows) {
		return false, "", nil
	}
	now := s.Now()
	if err != nil || until <= now.UnixMilli() || until > now.Add(2*revokedFor).UnixMilli() { // the clock was put back
		return false, "", err
	}
	return true, successor, nil
}

// revoke remembers a token as one that no longer counts. successor is the session that goes on within the same login, ""
// for none.
func (s *Sessions) revoke(ctx context.Context, hash, successor string) error {
	_, err := s.DB.ExecContext(ctx, `
		INSERT INTO revoked_tokens (token_hash, expires_at, session_id) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at, session_id = excluded.session_id`,
		hash, s.Now().Add(revokedFor).UnixMilli(), successor)
	return err
}

// Lock locks the row of this request's session until the transaction ends, and returns its id. It returns
// fault.SessionEnded if the session was ended, or given a new token, meanwhile. Lock order: users, then sessions, then
// logins.
func (s *Sessions) Lock(ctx context.Context) (id string, err error) {
	hash := TokenHash(ctx)
	err = s.DB.QueryRowContext(ctx, `UPDATE sessions SET hits = hits WHERE token_hash = $1 RETURNING id`, hash).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("session %.8s…: %w", hash, fault.SessionEnded)
	}
	return id, err
}
