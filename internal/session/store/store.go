// Package store keeps the rows of the session layer: a session for each browser, and the tokens that were revoked a moment
// ago. It knows hashes and data, and no requests: what a request may do with a row is decided by package session, which
// alone uses it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// revokedFor is how long a token that was ended or replaced is remembered: longer than any request is in flight.
const revokedFor = time.Minute

// A Row is a session as the table keeps it, without its data.
type Row struct {
	ID, Hash               string // Hash is the SHA-256 of the token, in hex
	Network, UserAgent     string // the client's, cut and cleaned
	Created, Seen, Expires time.Time
	Hits                   int64
	Joined                 any // what the Scan of Join returned; nil for a row that was not found by its token
}

// A Store keeps rows in a database, and in memory what waits to be written about them.
type Store struct {
	db   *database.DB
	log  *slog.Logger
	now  func() time.Time
	held *database.Cache[held]

	columns, from string // what read reads, and what of it the session layer does not know
	scan          Scan

	flushMu sync.Mutex // held while writing
	onSeen  []func(ctx context.Context, id string, a Activity) error
	onBack  []func(ctx context.Context, id string, now time.Time) error

	mu                sync.Mutex
	pending, flushing map[string]Activity // by id
	clock             int64               // the latest time of any request, in Unix milliseconds: see repair
}

// New returns a store.
func New(db *database.DB, log *slog.Logger, now func() time.Time) *Store {
	return &Store{
		db: db, log: log, now: now, held: database.NewCache(db, mostHeld, held.size), pending: map[string]Activity{},
		columns: own, from: "sessions s", scan: func(scan func(...any) error) (any, error) { return nil, scan() },
		clock: math.MaxInt64, // it may have been put back before this start
	}
}

// Find returns the row whose token has this hash, with what waits to be written about it, and its data as stored.
// It returns sql.ErrNoRows if there is none. Whether the row has expired is for the caller to say.
func (s *Store) Find(ctx context.Context, hash string) (r Row, text []byte, err error) {
	found, err := s.held.Get(ctx, hash, func(ctx context.Context) (held, error) { return s.read(ctx, hash) })
	if err != nil {
		return Row{}, nil, err
	}
	r, text = found.Row, found.text
	now := s.now()
	waiting := s.waiting(r.ID).asOf(now)
	r.Created = earliest(r.Created, now)
	if r.Seen.After(now) { // the clock was put back: the row lasts as long from now as it was to last then
		r.Seen, r.Expires = now, now.Add(r.Expires.Sub(r.Seen))
	}
	r.Seen, r.Expires, r.Hits = latest(r.Seen, waiting.Seen), latest(r.Expires, waiting.Until), r.Hits+waiting.Hits
	return r, text, nil
}

// Gone reports whether there is no row any more whose token has this hash, false for "".
func (s *Store) Gone(ctx context.Context, hash string) (bool, error) {
	if hash == "" {
		return false, nil
	}
	_, _, err := s.Find(ctx, hash)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	return false, err
}

// Insert creates a row: the only place where one comes from. It returns fault.TooLarge for too much data.
func (s *Store) Insert(ctx context.Context, r Row, d Data) error {
	text, err := d.encode()
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `
		INSERT INTO sessions (id, token_hash, data, created_at, seen_at, expires_at, hits, ip, user_agent)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		r.ID, r.Hash, text, r.Created.UnixMilli(), r.Seen.UnixMilli(), r.Expires.UnixMilli(), r.Hits, r.Network, r.UserAgent)
	return err
}

// Locked is what Lock returns of a row: the latest.
type Locked struct {
	ID, Hash string
	Data     Data
}

// LockID locks the row with this id until the transaction ends. It returns fault.SessionEnded if there is none.
func (s *Store) LockID(ctx context.Context, id string) (Locked, error) {
	return s.lock(ctx, `UPDATE sessions SET hits = hits WHERE id = $1 RETURNING id, token_hash, data`, id)
}

// LockHash locks the row whose token has this hash until the transaction ends. It returns fault.SessionEnded if there is none.
func (s *Store) LockHash(ctx context.Context, hash string) (Locked, error) {
	return s.lock(ctx, `UPDATE sessions SET hits = hits WHERE token_hash = $1 RETURNING id, token_hash, data`, hash)
}

// lock begins with an UPDATE.
// On PostgreSQL a SELECT first would lose a change made in between.
func (s *Store) lock(ctx context.Context, query, key string) (l Locked, err error) {
	var text []byte
	err = s.db.QueryRowContext(ctx, query, key).Scan(&l.ID, &l.Hash, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return Locked{}, fmt.Errorf("session %.8s…: %w", key, fault.SessionEnded)
	}
	if err != nil {
		return Locked{}, err
	}
	if _, l.Data, err = (Codec{}).Decode(text); err != nil {
		s.log.Warn("session data dropped", "session", l.ID, "err", err)
		l.Data = Data{}
	}
	return l, nil
}

// save stores the data of a locked row. It returns fault.TooLarge for too much.
func (s *Store) save(ctx context.Context, id string, d Data) error {
	text, err := d.encode()
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `UPDATE sessions SET data = $1 WHERE id = $2`, text, id)
	return err
}

// LogOut drops the keys of a row that end at log out. It returns fault.SessionEnded if there is no row.
func (s *Store) LogOut(ctx context.Context, id string) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		latest, err := s.LockID(ctx, id)
		if err != nil {
			return err
		}
		latest.Data.LogOut()
		return s.save(ctx, id, latest.Data)
	})
}

// Change applies ops to the latest data of the row with this id, whose token had this hash when they were made. It returns
// fault.SessionEnded or fault.TooLarge.
func (s *Store) Change(ctx context.Context, id, hash string, ops []Op) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		latest, err := s.LockID(ctx, id)
		if err != nil {
			return err
		}
		latest.Data.Apply(ops, latest.Hash != hash)
		return s.save(ctx, id, latest.Data)
	})
}

// Move gives a locked row another token, data and expiry, and revokes the token with the hash that it had. With sameLogin it
// stays the successor of that token: see Revoked.
func (s *Store) Move(ctx context.Context, from string, to Row, d Data, sameLogin bool) error {
	text, err := d.encode()
	if err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, `
		UPDATE sessions SET token_hash = $1, data = $2, seen_at = $3, expires_at = $4 WHERE token_hash = $5`,
		to.Hash, text, s.now().UnixMilli(), to.Expires.UnixMilli(), from); err != nil {
		return err
	}
	successor := ""
	if sameLogin {
		successor = to.ID
	}
	return s.revoke(ctx, from, successor)
}

// End deletes a row and revokes its token. Without a row it does nothing.
func (s *Store) End(ctx context.Context, id string) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		var hash string
		err := s.db.QueryRowContext(ctx, `DELETE FROM sessions WHERE id = $1 RETURNING token_hash`, id).Scan(&hash)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		database.OnCommit(ctx, func() { s.forget(id) })
		return s.revoke(ctx, hash, "")
	})
}

// Drop deletes a row whose data cannot be read. Its token is not revoked, so the visitor gets a new session at once.
func (s *Store) Drop(ctx context.Context, id string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM sessions WHERE id = $1`, id)
	return err
}

// revoke remembers a token as one that no longer counts.
func (s *Store) revoke(ctx context.Context, hash, successor string) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO revoked_tokens (token_hash, expires_at, session_id) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at, session_id = excluded.session_id`,
		hash, s.now().Add(revokedFor).UnixMilli(), successor)
	return err
}

// Revoked reports whether a token with this hash was ended or replaced within the last minute, and which session goes on
// under another one within the same login; "" for none. That is good for nothing but to end it.
func (s *Store) Revoked(ctx context.Context, hash string) (is bool, successor string, err error) {
	now := s.now()
	err = s.db.QueryRowContext(ctx, `SELECT session_id FROM revoked_tokens WHERE token_hash = $1 AND expires_at > $2 AND expires_at <= $3`,
		hash, now.UnixMilli(), now.Add(2*revokedFor).UnixMilli()). // later than that: the clock was put back
		Scan(&successor)
	if errors.Is(err, sql.ErrNoRows) {
		return false, "", nil
	}
	return err == nil, successor, err
}

// Repeat is what is remembered of a form that gave a session another token: see package session, Repeats.
type Repeat struct {
	Key, Session string // Key tells the form from every other
	Lasting      bool   // its cookie outlives the browser
}

// RememberRepeat notes what the same form, sent once more with the token of this hash, would lead to.
func (s *Store) RememberRepeat(ctx context.Context, hash string, r Repeat) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO revoked_tokens (token_hash, expires_at, repeat_key, repeat_session, repeat_lasting) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (token_hash) DO UPDATE
		   SET repeat_key = excluded.repeat_key, repeat_session = excluded.repeat_session, repeat_lasting = excluded.repeat_lasting`,
		hash, s.now().Add(revokedFor).UnixMilli(), r.Key, r.Session, database.Bit(r.Lasting))
	return err
}

// Repeated returns what was remembered of a form with this key and token. It returns sql.ErrNoRows if it is no repetition,
// or its session has ended.
func (s *Store) Repeated(ctx context.Context, hash, key string) (Repeat, error) {
	r, lasting, now := Repeat{Key: key}, 0, s.now()
	err := s.db.QueryRowContext(ctx, `
		SELECT s.id, t.repeat_lasting
		  FROM revoked_tokens t
		  JOIN sessions s ON s.id = t.repeat_session
		 WHERE t.token_hash = $1 AND t.repeat_key = $2 AND t.expires_at > $3 AND t.expires_at <= $4`,
		hash, key, now.UnixMilli(), now.Add(2*revokedFor).UnixMilli()).Scan(&r.Session, &lasting)
	r.Lasting = lasting == 1
	return r, err
}

// addActivity writes what has waited about a row, and reports whether there is one.
func (s *Store) addActivity(ctx context.Context, id string, a Activity) (found bool, err error) {
	res, err := s.db.ExecContext(ctx, `
		UPDATE sessions
		   SET hits = hits + $1,
		       seen_at    = CASE WHEN seen_at    < $2 THEN $2 ELSE seen_at    END,
		       expires_at = CASE WHEN expires_at < $3 THEN $3 ELSE expires_at END
		 WHERE id = $4`, a.Hits, a.Seen.UnixMilli(), a.Until.UnixMilli(), id)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
