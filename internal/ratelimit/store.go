// Package ratelimit says who may try how often. It knows buckets and counts, and not what is tried.
package ratelimit

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// A Limit admits Tries in a row, and as many again over each Window: a token bucket.
type Limit struct {
	Name   string
	Tries  int
	Window time.Duration
}

// A Bucket is a limit and whom it counts; Limit.For makes one.
type Bucket struct {
	Limit Limit
	Key   string // who: an address, an account, both. It is stored as a hash
}

// Store keeps the buckets in the database, so that they hold across instances and restarts.
type Store struct {
	db  *database.DB
	now func() time.Time
}

// NewStore returns a store on the database, with the clock that it shall go by.
func NewStore(db *database.DB, now func() time.Time) *Store {
	return &Store{db: db, now: now}
}

// For makes the bucket of this limit for the parts of a key.
func (l Limit) For(key ...string) Bucket {
	return Bucket{Limit: l, Key: strings.Join(key, "\x00")}
}

func (b Bucket) id() string {
	sum := sha256.Sum256([]byte(b.Key))
	return b.Limit.Name + ":" + hex.EncodeToString(sum[:16])
}

// skew is by how much the clocks of two instances may differ.
const skew = time.Minute

// interval is the time in which one try comes back, in milliseconds.
func (l Limit) interval() int64 { return max(1, l.Window.Milliseconds()/int64(max(1, l.Tries))) }

// Take takes one try from each of the buckets, or from none: then it returns fault.RateLimited with the longest wait.
// One number a bucket is enough (GCRA): the moment when it will be full again. A moment further ahead than an empty
// bucket needs was written while the clock was wrong: the bucket counts as full, so that a clock that is put back by a
// day shuts nobody out for that day.
func (s *Store) Take(ctx context.Context, buckets ...Bucket) error {
	now := s.now().UnixMilli()
	// One order for everyone, so that two takers cannot hold each other up.
	buckets = slices.SortedFunc(slices.Values(buckets), func(a, b Bucket) int { return strings.Compare(a.id(), b.id()) })
	return s.db.InTx(ctx, func(ctx context.Context) error {
		for _, b := range buckets {
			step, id := b.Limit.interval(), b.id()
			latest := now + step*int64(b.Limit.Tries)
			var fullAt int64
			err := s.db.QueryRowContext(ctx, `
				INSERT INTO rate_limits (bucket, full_at) VALUES ($1, $2)
				ON CONFLICT (bucket) DO UPDATE
				   SET full_at = CASE WHEN rate_limits.full_at BETWEEN $3 AND $6 THEN rate_limits.full_at ELSE $3 END + $4
				 WHERE CASE WHEN rate_limits.full_at BETWEEN $3 AND $6 THEN rate_limits.full_at ELSE $3 END + $4 <= $5
				RETURNING full_at`, id, now+step, now, step, latest, latest+skew.Milliseconds()).Scan(&fullAt)
			if errors.Is(err, sql.ErrNoRows) {
				return s.refused(ctx, b, latest)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) refused(ctx context.Context, b Bucket, latest int64) error {
	var fullAt int64
	if err := s.db.QueryRowContext(ctx, `SELECT full_at FROM rate_limits WHERE bucket = $1`, b.id()).Scan(&fullAt); err != nil {
		return err
	}
	return &fault.RateLimited{Limit: b.Limit.Name, RetryAfter: time.Duration(fullAt+b.Limit.interval()-latest) * time.Millisecond}
}

// GiveBack returns the try that Take took, after it succeeded: just that one, so that a success among
// wrong guesses does not open the bucket again.
func (s *Store) GiveBack(ctx context.Context, buckets ...Bucket) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		for _, b := range slices.SortedFunc(slices.Values(buckets), func(a, b Bucket) int { return strings.Compare(a.id(), b.id()) }) {
			if _, err := s.db.ExecContext(ctx, `UPDATE rate_limits SET full_at = full_at - $1 WHERE bucket = $2`,
				b.Limit.interval(), b.id()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Sweep deletes at most 200 buckets that are full again, which is the same as not being there,
// and returns how many.
func (s *Store) Sweep(ctx context.Context) (int64, error) {
	return s.db.DeleteSome(ctx, "rate_limits", "bucket", "full_at", "full_at < $1", s.now().UnixMilli())
}
