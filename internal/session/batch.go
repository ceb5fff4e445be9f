package session

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	flushEvery = 2 * time.Second
	// Lag is how long what one instance saw may wait until the others can read it.
	Lag          = 2*flushEvery + time.Second
	flushChunk   = 200    // sessions written in one transaction
	batchMaximum = 20_000 // sessions that may wait; more are dropped, which costs only their activity
)

// activity is what waits to be written about one session.
type activity struct {
	seen, until time.Time
	hits        int64
	trail       []View
}

// batch gathers activity, so that a request that only reads writes nothing. Its entries are forgotten only after
// they were committed; a crash loses seconds of activity, never data.
type batch struct {
	mu       sync.Mutex
	pending  map[string]*activity
	flushing map[string]*activity
	flushMu  sync.Mutex // held while writing
}

// touch notes that the session was seen.
func (b *batch) touch(id string, until time.Time, hits int64, view View, trail bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.pending[id]
	if a == nil {
		if len(b.pending) >= batchMaximum {
			return
		}
		a = &activity{}
		b.pending[id] = a
	}
	a.seen, a.until = latest(a.seen, view.At), latest(a.until, until)
	a.hits += hits
	if trail {
		a.trail = newest(append(a.trail, view))
	}
}

// seen returns what waits to be written about a session.
func (b *batch) seen(id string) (at time.Time, hits int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, waiting := range []map[string]*activity{b.flushing, b.pending} {
		if a := waiting[id]; a != nil {
			at, hits = latest(at, a.seen), hits+a.hits
		}
	}
	return at, hits
}

// renewed reports whether what waits to be written keeps the session alive at this time.
func (b *batch) renewed(id string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, waiting := range []map[string]*activity{b.flushing, b.pending} {
		if a := waiting[id]; a != nil && a.until.After(now) {
			return true
		}
	}
	return false
}

func (b *batch) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.pending, id)
}

// Flush writes the activity that waits.
func (s *Sessions) Flush(ctx context.Context) error {
	b := &s.batch
	b.flushMu.Lock()
	defer b.flushMu.Unlock()
	b.mu.Lock()
	b.flushing, b.pending = b.pending, map[string]*activity{}
	ids := slices.Sorted(maps.Keys(b.flushing)) // one order for all instances: no deadlock
	b.mu.Unlock()
	var failed error
	for chunk := range slices.Chunk(ids, flushChunk) {
		if failed = s.flushSome(ctx, chunk); failed != nil {
			break
		}
		b.mu.Lock()
		for _, id := range chunk {
			delete(b.flushing, id)
		}
		b.mu.Unlock()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, old := range b.flushing { // not written: they wait again
		if a := b.pending[id]; a != nil {
			a.seen, a.until, a.hits = latest(a.seen, old.seen), latest(a.until, old.until), a.hits+old.hits
			a.trail = newest(append(old.trail, a.trail...))
		} else {
			b.pending[id] = old
		}
	}
	b.flushing = nil
	return failed
}

func (s *Sessions) flushSome(ctx context.Context, ids []string) error {
	now := s.Now()
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		for _, id := range ids {
			a := s.batch.flushing[id] // only Flush changes this map, and it waits for us
			seen := earliest(a.seen, now)
			until := a.until.Add(seen.Sub(a.seen))
			if s.latest.Load() > now.UnixMilli() { // the clock was put back
				if err := s.CountFromNow(ctx, id, now); err != nil {
					return err
				}
			}
			res, err := s.DB.ExecContext(ctx, `
				UPDATE sessions
				   SET hits = hits + $1,
				       seen_at    = CASE WHEN seen_at    < $2 THEN $2 ELSE seen_at    END,
				       expires_at = CASE WHEN expires_at < $3 THEN $3 ELSE expires_at END
				 WHERE id = $4`, a.hits, seen.UnixMilli(), until.UnixMilli(), id)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			if n == 0 {
				continue // ended meanwhile: its activity goes with it
			}
			if err := s.saveTrail(ctx, id, a.trail); err != nil {
				return err
			}
			for _, f := range s.onSeen {
				if err := f(ctx, id, seen); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Run writes activity every two seconds until the context ends, and then a last time.
func (s *Sessions) Run(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if err := s.Flush(ctx); err != nil {
			s.Log.Error("session activity not written; it waits", "err", err)
		}
		if ctx.Err() != nil {
			return
		}
	}
}
