package store

import (
	"math"
	"strconv"
	"testing"
	"time"
)

// TestTheSessionsThatWaitAreBounded has a database that takes nothing, and more visitors than may wait for it. Whoever waits already
// goes on to be counted.
func TestTheSessionsThatWaitAreBounded(t *testing.T) {
	s := &Store{pending: map[string]Activity{}, clock: math.MaxInt64}
	for i := range maxWaiting + 5 {
		s.Add(strconv.Itoa(i), Activity{Seen: time.UnixMilli(1), Hits: 1})
	}
	s.Add("0", Activity{Seen: time.UnixMilli(2), Hits: 1})
	if len(s.pending) != maxWaiting || s.Waiting("0").Hits != 2 || s.Waiting(strconv.Itoa(maxWaiting)).Hits != 0 {
		t.Errorf("%d wait, the first with %d hits, the last with %d", len(s.pending), s.Waiting("0").Hits, s.Waiting(strconv.Itoa(maxWaiting)).Hits)
	}
}
