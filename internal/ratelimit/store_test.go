package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

var ten = ratelimit.Limit{Name: "ten", Tries: 10, Window: 15 * time.Minute}

func open(t *testing.T, dsn string) (*ratelimit.Store, *database.DB, *testkit.Clock) {
	t.Helper()
	db := testkit.DB(t, dsn)
	clock := &testkit.Clock{}
	return ratelimit.NewStore(db, clock.Now), db, clock
}

// takes takes until it is refused, at most n times, and returns how often it was not and the last refusal.
func takes(t *testing.T, s *ratelimit.Store, n int, buckets ...ratelimit.Bucket) (taken int, wait time.Duration) {
	t.Helper()
	for range n {
		err := s.Take(context.Background(), buckets...)
		if tooMany, ok := errors.AsType[*fault.RateLimited](err); ok {
			return taken, tooMany.RetryAfter
		}
		if err != nil {
			t.Fatal(err)
		}
		taken++
	}
	return taken, 0
}

func TestABucketEmptiesAndFillsAgain(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s, _, clock := open(t, dsn)
		ann, ben := ten.For("ann"), ten.For("ben")
		if n, wait := takes(t, s, 20, ann); n != 10 || wait <= 80*time.Second || wait > 90*time.Second {
			t.Errorf("%d taken, wait %s", n, wait)
		}
		if n, _ := takes(t, s, 5, ben); n != 5 {
			t.Errorf("somebody else took %d", n)
		}
		clock.Advance(91 * time.Second)
		if n, _ := takes(t, s, 5, ann); n != 1 {
			t.Errorf("%d came back after a tenth of the window, want 1", n)
		}
		clock.Advance(time.Hour)
		if n, _ := takes(t, s, 20, ann); n != 10 {
			t.Errorf("%d after an hour: a bucket holds no more than 10", n)
		}
		if err := s.GiveBack(t.Context(), ann); err != nil {
			t.Fatal(err)
		}
		if n, _ := takes(t, s, 5, ann); n != 1 {
			t.Errorf("%d after one was given back", n)
		}
	})
}

// TestAClockThatIsPutBackShutsNobodyOut is about a machine whose clock was ahead for a while: buckets that are full again
// "tomorrow" must not refuse anybody until then.
func TestAClockThatIsPutBackShutsNobodyOut(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		for _, ahead := range []time.Duration{20 * time.Minute, time.Hour, 24 * time.Hour, 400 * 24 * time.Hour} {
			s, _, clock := open(t, dsn)
			key := ahead.String()
			clock.Advance(ahead)
			takes(t, s, 20, ten.For(key))
			takes(t, s, 1, ten.For(key, "once"))
			clock.Advance(-ahead)
			for _, b := range []ratelimit.Bucket{ten.For(key), ten.For(key, "once")} {
				if n, wait := takes(t, s, 20, b); n != 10 || wait > ten.Window {
					t.Errorf("put back by %s: %d taken, then a wait of %s", ahead, n, wait)
				}
			}
		}
	})
}

// TestClocksThatDifferALittleLimitAllTheSame is about two instances: what the one has written, the other believes.
func TestClocksThatDifferALittleLimitAllTheSame(t *testing.T) {
	s, _, clock := open(t, testkit.SQLite(t))
	taken := 0
	for range 5 {
		clock.Advance(30 * time.Second)
		n, _ := takes(t, s, 20, ten.For("ann"))
		clock.Advance(-30 * time.Second)
		m, wait := takes(t, s, 20, ten.For("ann"))
		taken += n + m
		if wait > ten.Window {
			t.Errorf("a wait of %s", wait)
		}
	}
	if taken != 10 {
		t.Errorf("%d taken on two instances, want 10", taken)
	}
}

func TestParallelTakersCount(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s, _, _ := open(t, dsn)
		var taken atomic.Int64
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				own := ten.For(fmt.Sprint("own", i))
				if s.Take(context.Background(), ten.For("all"), own) == nil {
					taken.Add(1)
				}
			})
		}
		wg.Wait()
		if taken.Load() != 10 {
			t.Errorf("%d taken, want 10", taken.Load())
		}
	})
}

func TestTakenFromAllOrFromNone(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s, _, _ := open(t, dsn)
		takes(t, s, 10, ten.For("b"))
		for range 5 {
			if n, _ := takes(t, s, 1, ten.For("a"), ten.For("b"), ten.For("c")); n != 0 {
				t.Error("taken from an empty bucket")
			}
		}
		for _, key := range []string{"a", "c"} {
			if n, _ := takes(t, s, 20, ten.For(key)); n != 10 {
				t.Errorf("a refused try took from %s: %d left", key, n)
			}
		}
	})
}

func TestSweepTakesFullBucketsAndStoresNoKey(t *testing.T) {
	s, db, clock := open(t, testkit.SQLite(t))
	for i := range 250 {
		takes(t, s, 1, ten.For(fmt.Sprint("203.0.113.", i)))
	}
	clock.Advance(time.Hour)
	takes(t, s, 1, ten.For("203.0.113.999"))
	for _, want := range []int64{200, 50, 0} {
		if n, err := s.Sweep(t.Context()); n != want || err != nil {
			t.Errorf("swept %d (%v), want %d", n, err, want)
		}
	}
	var clear int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM rate_limits WHERE bucket LIKE '%203.0.113%'`).Scan(&clear); err != nil || clear != 0 {
		t.Errorf("%d addresses stand in the table (%v)", clear, err)
	}
}

// The janitor has found a bucket that is full again, and waits for somebody who takes from it at this very moment.
func TestSweepSparesABucketThatIsTakenFromMeanwhile(t *testing.T) {
	s, db, _ := open(t, pgtest.URL(t))
	if _, err := db.ExecContext(t.Context(), `INSERT INTO rate_limits (bucket, full_at) VALUES ('b', 1)`); err != nil {
		t.Fatal(err)
	}
	swept := make(chan int64, 1)
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, `UPDATE rate_limits SET full_at = $1`, time.Now().Add(time.Hour).UnixMilli())
		go func() { n, _ := s.Sweep(context.Background()); swept <- n }()
		testkit.Await(t, db, 1)
		return err
	})
	if n := <-swept; n != 0 || err != nil {
		t.Errorf("%d swept: its tries are forgotten (%v)", n, err)
	}
}
