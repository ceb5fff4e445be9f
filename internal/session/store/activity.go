package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"example.com/latchkey/internal/database"
)

const (
	// FlushEvery is the pause between two flushes.
	FlushEvery = 2 * time.Second
	flushChunk = 200    // rows written in one transaction
	maxWaiting = 20_000 // rows that may wait; of more, the activity is dropped
	maxViews   = 50     // page views that wait for each row; of more, the newest
)

// Activity is what waits to be written about one row. It waits in memory, so that a request that only reads writes nothing,
// and is forgotten only after it was committed. A crash loses seconds of activity, never data.
type Activity struct {
	Seen, Until time.Time // last seen; lives at least until
	Hits        int64
	Views       []View // oldest first
}

// A View is one request of a visitor.
type View struct {
	At      time.Time
	Method  string
	Pattern string // the line of the map
	Status  int
}

// then returns the activity with what came later.
func (a Activity) then(b Activity) Activity {
	views := append(a.Views, b.Views...)
	return Activity{latest(a.Seen, b.Seen), latest(a.Until, b.Until), a.Hits + b.Hits, views[max(0, len(views)-maxViews):]}
}

// asOf returns the activity as it counts if the clock was put back: what was to last is to last as long from now.
func (a Activity) asOf(now time.Time) Activity {
	if ahead := a.Seen.Sub(now); ahead > 0 {
		a.Seen, a.Until = now, a.Until.Add(-ahead)
	}
	return a
}

// OnSeen adds a function that is told of each row's activity, in the transaction that writes it.
func (s *Store) OnSeen(f func(ctx context.Context, id string, a Activity) error) {
	s.onSeen = append(s.onSeen, f)
}

// OnClockBack adds a function that is told of each row that repair mends, in the same transaction.
func (s *Store) OnClockBack(f func(ctx context.Context, id string, now time.Time) error) {
	s.onBack = append(s.onBack, f)
}

// Add lets activity of a row wait to be written.
func (s *Store) Add(id string, a Activity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = max(s.clock, a.Seen.UnixMilli())
	was, waits := s.pending[id]
	if waits || len(s.pending) < maxWaiting {
		s.pending[id] = was.then(a)
	}
}

// Waiting returns the activity of a row that waits to be written. What is being written at this moment may be in the
// table, too.
func (s *Store) Waiting(id string) Activity {
	a, b := s.halves(id)
	a.Views = slices.Clip(a.Views)
	return a.then(b)
}

// waiting is Waiting without the page views, which every request would copy.
func (s *Store) waiting(id string) Activity {
	a, b := s.halves(id)
	a.Views, b.Views = nil, nil
	return a.then(b)
}

// halves are what is being written at this moment about a row, and what waits for the next time.
func (s *Store) halves(id string) (flushing, pending Activity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flushing[id], s.pending[id]
}

// LastSeen returns when a session was last seen, given what its row says, which may lag behind by what waits. It is never
// in the future, though the clock was put back.
func (s *Store) LastSeen(id string, row time.Time) time.Time {
	return earliest(latest(row, s.waiting(id).Seen), s.now())
}

func (s *Store) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, id)
}

// Flush writes the activity that waits. What could not be written waits again.
func (s *Store) Flush(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx) // the last one comes when the program ends
	s.flushMu.Lock()
	defer s.flushMu.Unlock()
	if err := s.repair(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	s.flushing, s.pending = s.pending, map[string]Activity{}
	ids := slices.Sorted(maps.Keys(s.flushing)) // one order for all instances: no deadlock
	s.mu.Unlock()
	var failed error
	for chunk := range slices.Chunk(ids, flushChunk) {
		if failed = s.flushSome(ctx, chunk); failed != nil {
			break
		}
		s.mu.Lock()
		for _, id := range chunk {
			delete(s.flushing, id)
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, old := range s.flushing {
		s.pending[id] = old.then(s.pending[id])
	}
	s.flushing = nil
	return failed
}

func (s *Store) flushSome(ctx context.Context, ids []string) error {
	return s.db.InTx(database.Apart(ctx), func(ctx context.Context) error {
		for _, id := range ids {
			a := s.flushing[id].asOf(s.now()) // only Flush changes this map, and it waits for us
			found, err := s.addActivity(ctx, id, a)
			if err != nil {
				return err
			}
			if !found {
				continue // ended meanwhile: its activity goes with it
			}
			for _, f := range s.onSeen {
				if err := f(ctx, id, a); err != nil {
					return err
				}
			}
		}
		return nil
	})
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

// Run flushes every two seconds, and once more when the context ends.
func (s *Store) Run(ctx context.Context) {
	tick := time.NewTicker(FlushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if err := s.Flush(ctx); err != nil {
			s.log.Error("session activity not written; it waits", "err", err)
		}
		if ctx.Err() != nil {
			return
		}
	}
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
