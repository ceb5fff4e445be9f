package app

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The clock is the bubble's: nobody waits.
func TestWhoIsRefusedWaitsAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy busyPages
		begin := time.Now()
		took := func(ctx context.Context) time.Duration {
			busy.pause(ctx)
			return time.Since(begin)
		}
		var all sync.WaitGroup
		for range maxPaused {
			all.Go(func() {
				if got := took(t.Context()); got != refusedAfter {
					t.Errorf("waited %s", got)
				}
			})
		}
		synctest.Wait()
		if got := took(t.Context()); got != 0 {
			t.Errorf("one too many waited %s", got)
		}
		all.Wait()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		begin = time.Now()
		if got := took(gone); got != 0 {
			t.Errorf("who went away waited %s", got)
		}
		if got := took(t.Context()); got != refusedAfter {
			t.Errorf("afterwards: waited %s", got)
		}
	})
}
