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

// A Store keeps rows in a database, and in memory what waits to be written about them.
type Store struct {
	db    *database.DB
	log   *slog.Logger
	now   func() time.Time
	cache *database.Cache[cached]

	columns, from string // what read reads, and what of it the session layer does not know
	joined        func() (any, []any)

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
		db: db, log: log, now: now, cache: database.NewCache(db, cacheSize, cached.size), pending: map[string]Activity{},
		columns: own, from: "sessions s", joined: func() (any, []any) { return nil, nil },
		clock: math.MaxInt64, // it may have been put back before this start
	}
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

// Move gives a locked row another token, data and expiry, and revokes the token whose hash is from. With sameLogin the row is
// remembered as the successor of that token: see Revoked.
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

// revoke remembers a token as one that no longer counts.
func (s *Store) revoke(ctx context.Context, hash, successor string) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO revoked_tokens (token_hash, expires_at, session_id) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at, session_id = excluded.session_id`,
		hash, s.now().Add(revokedFor).UnixMilli(), successor)
	return err
}
