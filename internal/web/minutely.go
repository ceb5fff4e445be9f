package web

import (
	"sync/atomic"
	"time"
)

// A Minutely keeps what happens often from filling the log. The zero value is ready.
type Minutely struct{ last atomic.Int64 } // in Unix seconds

// Due reports whether it is a minute since Due was last true. now may have been put back.
func (m *Minutely) Due(now time.Time) bool {
	last := m.last.Load()
	return now.Sub(time.Unix(last, 0)).Abs() >= time.Minute && m.last.CompareAndSwap(last, now.Unix())
}
