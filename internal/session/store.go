package session

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

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

// store is what scs calls. It is our own: rows are found by hash, inserted once, changed by UPDATE.
// Each method's visit says what the request is about.
type store struct{ s *Sessions }

// Find, Commit and Delete are there because scs.Store asks for them; the engine calls FindCtx.
func (store) Find(string) ([]byte, bool, error)      { return nil, false, errNotUsed }
func (store) Commit(string, []byte, time.Time) error { return errNotUsed }
func (store) Delete(string) error                    { return errNotUsed }

var errNotUsed = errors.New("session: scs is not asked for this")

// FindCtx loads the session whose token has this hash.
func (st store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	v := visitOf(ctx)
	r, text := row{hash: secret.Hash(token)}, ""
	var created, seen, expires int64
	err := st.s.DB.QueryRowContext(ctx, `
		SELECT id, data, created_at, seen_at, expires_at, hits, ip, user_agent
		  FROM sessions
		 WHERE token_hash = $1`, r.hash).
		Scan(&r.id, &text, &created, &seen, &expires, &r.hits, &r.ip, &r.userAgent)
	if errors.Is(err, sql.ErrNoRows) {
		v.revoked, v.successor, err = st.s.isRevoked(ctx, r.hash)
		return nil, false, err
	}
	if err != nil {
		return nil, false, err
	}
	r.created, r.seen, r.expires = database.Time(created), database.Time(seen), database.Time(expires)
	if !r.expires.After(st.s.Now()) && !st.s.batch.renewed(r.id, st.s.Now()) {
		return nil, false, nil // expired; the janitor comes later
	}
	v.row, v.live = r, true
	return []byte(text), true, nil
}

// CommitCtx and DeleteCtx are there because scs asks for them. Nothing calls its Commit, RenewToken or Destroy:
// they go by what scs holds in memory, which a transaction that is tried again would find changed.
func (store) CommitCtx(context.Context, string, []byte, time.Time) error { return errNotUsed }

// DeleteCtx is described at CommitCtx.
func (store) DeleteCtx(context.Context, string) error { return errNotUsed }

// saveOps commits the changes of a request to the latest data of its row.
func (s *Sessions) saveOps(ctx context.Context, v *visit) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		d, hash, err := s.lock(ctx, byID, v.row.id)
		if err != nil {
			return err
		}
		d.apply(v.ops, hash != v.row.hash)
		return s.save(ctx, v.row.id, d)
	})
}

// create makes a row for a visitor who has none.
func (s *Sessions) create(ctx context.Context, v *visit) error {
	token := secret.New()
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Limits.Take(ctx, s.Creation.For(web.RequestOf(ctx).Network())); err != nil {
			return err
		}
		d := data{}
		d.apply(v.ops, false)
		_, err := s.insert(ctx, v, token, d, time.Time{})
		return err
	})
}

// isRevoked reports whether a token with this hash was ended or replaced a moment ago, and which session goes on under
// another one within the same login; "" for none. That is good for nothing but to end it.
func (s *Sessions) isRevoked(ctx context.Context, hash string) (revoked bool, successor string, err error) {
	var until int64
	err = s.DB.QueryRowContext(ctx, `SELECT expires_at, session_id FROM revoked_tokens WHERE token_hash = $1`, hash).Scan(&until, &successor)
	if errors.Is(err, sql.ErrNoRows) {
		return false, "", nil
	}
	if until <= s.Now().UnixMilli() {
		return false, "", err
	}
	return true, successor, err
}

// revoke remembers a token as dead. successor is the session that goes on within the same login, "" for none.
func (s *Sessions) revoke(ctx context.Context, hash, successor string) error {
	_, err := s.DB.ExecContext(ctx, `
		INSERT INTO revoked_tokens (token_hash, expires_at, session_id) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at, session_id = excluded.session_id`,
		hash, s.Now().Add(revokedFor).UnixMilli(), successor)
	return err
}

// insert makes the visitor's row, the only place where a row comes from, and returns its id.
// The row lives at least until the given time.
func (s *Sessions) insert(ctx context.Context, v *visit, token string, d data, until time.Time) (string, error) {
	info, now, life := web.RequestOf(ctx), s.Now(), firstHit
	if s.Lifetime > 0 {
		life = min(life, s.Lifetime)
	}
	r := row{
		id: database.NewID(), hash: secret.Hash(token), created: now, seen: now, expires: latest(now.Add(life), until), hits: 1,
		ip: info.Truncated(), userAgent: info.UserAgent,
	}
	text, err := d.encode()
	if err != nil {
		return "", err
	}
	if _, err := s.DB.ExecContext(ctx, `
		INSERT INTO sessions (id, token_hash, data, created_at, seen_at, expires_at, hits, ip, user_agent)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		r.id, r.hash, text, now.UnixMilli(), now.UnixMilli(), r.expires.UnixMilli(), r.hits, r.ip, r.userAgent); err != nil {
		return "", err
	}
	database.OnCommit(ctx, func() { v.become(r, token) })
	return r.id, nil
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

func (s *Sessions) save(ctx context.Context, id string, d data) error {
	text, err := d.encode()
	if err != nil {
		return err
	}
	_, err = s.DB.ExecContext(ctx, `UPDATE sessions SET data = $1 WHERE id = $2`, text, id)
	return err
}

// Sweep deletes at most 200 rows of each kind that has run out, and returns how many.
// A minute's slack leaves time to other instances whose batch is not written yet.
func (s *Sessions) Sweep(ctx context.Context) (swept int64, err error) {
	now := s.Now()
	for _, job := range []struct {
		table, key, expired string
		before              time.Time
	}{
		{"sessions", "id", "expires_at < $1", now.Add(-time.Minute)},
		{"revoked_tokens", "token_hash", "expires_at < $1", now},
		{"trail", "id", "at < $1", now.Add(-trailAge)},
	} {
		n, err := s.DB.DeleteSome(ctx, job.table, job.key, job.expired, job.before.UnixMilli())
		if err != nil {
			return swept, err
		}
		swept += n
	}
	return swept, nil
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
