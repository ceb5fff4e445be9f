package session

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/web"
)

// A row is a session as the table keeps it, without its data.
type row struct {
	id, hash, ip, userAgent string
	created, seen, expires  time.Time
	hits                    int64
}

// tokenLength is the length of 32 random bytes in base64url without padding, as scs makes them.
const tokenLength = 43

// validToken reports whether the cookie's value has exactly the form of a token; nothing else reaches SQL.
func validToken(token string) bool {
	if len(token) != tokenLength {
		return false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	return err == nil && len(raw) == 32
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// newID returns a UUIDv7: unique, and sorted by the time of its making (RFC 9562).
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// store is what scs calls. It is our own: rows are found by hash, inserted once, changed by UPDATE.
// Each method's visit says what the request is about.
type store struct{ s *Sessions }

// Find, Commit and Delete are there because scs.Store asks for them; the engine calls the Ctx ones.
func (store) Find(string) ([]byte, bool, error)      { return nil, false, errNoContext }
func (store) Commit(string, []byte, time.Time) error { return errNoContext }
func (store) Delete(string) error                    { return errNoContext }

var errNoContext = errors.New("session: the store needs a context")

// FindCtx loads the session whose token has this hash.
func (st store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	v := visitOf(ctx)
	r, text := row{hash: hashToken(token)}, ""
	var created, seen, expires int64
	err := st.s.DB.QueryRowContext(ctx, `
		SELECT id, data, created_at, seen_at, expires_at, hits, ip, user_agent
		  FROM sessions
		 WHERE token_hash = $1`, r.hash).
		Scan(&r.id, &text, &created, &seen, &expires, &r.hits, &r.ip, &r.userAgent)
	if errors.Is(err, sql.ErrNoRows) {
		v.dead, err = st.s.isDead(ctx, r.hash)
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

// CommitCtx saves what the request did: a new row, or its changes to the row that it found.
func (st store) CommitCtx(ctx context.Context, token string, _ []byte, _ time.Time) error {
	v := visitOf(ctx)
	if !v.live {
		d := data{}
		d.apply(v.ops, false)
		_, err := st.s.insert(ctx, v, token, d, time.Time{})
		return err
	}
	return st.s.DB.InTx(ctx, func(ctx context.Context) error {
		d, hash, err := st.s.lock(ctx, "id", v.row.id)
		if err != nil {
			return err
		}
		d.apply(v.ops, hash != v.row.hash)
		return st.s.save(ctx, v.row.id, d)
	})
}

// DeleteCtx ends the session with this token. While a token is being renewed it does nothing: the row moves.
func (st store) DeleteCtx(ctx context.Context, token string) error {
	if visitOf(ctx).renewing {
		return nil
	}
	_, err := st.s.DB.ExecContext(ctx, `DELETE FROM sessions WHERE token_hash = $1`, hashToken(token))
	return err
}

// isDead reports whether a token with this hash was ended or replaced a moment ago.
func (s *Sessions) isDead(ctx context.Context, hash string) (bool, error) {
	var until int64
	err := s.DB.QueryRowContext(ctx, `SELECT expires_at FROM dead_tokens WHERE token_hash = $1`, hash).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return until > s.Now().UnixMilli(), err
}

func (s *Sessions) bury(ctx context.Context, hash string) error {
	_, err := s.DB.ExecContext(ctx, `
		INSERT INTO dead_tokens (token_hash, expires_at) VALUES ($1, $2)
		ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at`,
		hash, s.Now().Add(deadFor).UnixMilli())
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
		id: newID(), hash: hashToken(token), created: now, seen: now, expires: latest(now.Add(life), until), hits: 1,
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

// lock returns the latest data and token hash of a row, which nobody else changes until the transaction ends.
// It begins with an UPDATE: on PostgreSQL a SELECT first would lose a change made in between.
// Without a row the session has ended: fault.Ended.
func (s *Sessions) lock(ctx context.Context, column, value string) (d data, hash string, err error) {
	query := `UPDATE sessions SET hits = hits WHERE id = $1 RETURNING data, token_hash`
	if column == "token_hash" {
		query = `UPDATE sessions SET hits = hits WHERE token_hash = $1 RETURNING data, token_hash`
	}
	var text string
	err = s.DB.QueryRowContext(ctx, query, value).Scan(&text, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", fmt.Errorf("session of %s %.8s…: %w", column, value, fault.Ended)
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

func (s *Sessions) idOf(ctx context.Context, hash string) (id string, err error) {
	err = s.DB.QueryRowContext(ctx, `SELECT id FROM sessions WHERE token_hash = $1`, hash).Scan(&id)
	return id, err
}

// Sweep deletes at most 200 rows of each kind that has run out, and returns how many.
// A minute's slack leaves time to other instances whose batch is not written yet.
func (s *Sessions) Sweep(ctx context.Context) (int64, error) {
	now := s.Now()
	var swept int64
	for _, job := range []struct {
		query  string
		before time.Time
	}{
		{`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT 200)`, now.Add(-time.Minute)},
		{`DELETE FROM dead_tokens WHERE token_hash IN (SELECT token_hash FROM dead_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT 200)`, now},
		{`DELETE FROM trail WHERE id IN (SELECT id FROM trail WHERE at < $1 ORDER BY at LIMIT 200)`, now.Add(-trailAge)},
	} {
		res, err := s.DB.ExecContext(ctx, job.query, job.before.UnixMilli())
		if err != nil {
			return swept, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return swept, err
		}
		swept += n
	}
	return swept, nil
}
