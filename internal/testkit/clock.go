package testkit

import (
	"bytes"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A Clock shows the real time, moved by what tests ask for.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
	reader string // the function that do comes before; "" for none
	do     func()
}

// Before lets something happen, once: right before the function of this name, such as "notes.(*Store).Create", reads the clock. It
// is what another request does at that moment.
func (c *Clock) Before(reader string, do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reader, c.do = reader, do
}

// due returns what comes before this reading of the clock, nil for nothing.
func (c *Clock) due() (do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reader == "" {
		return nil
	}
	var callers [8]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers[:])])
	for frame, more := frames.Next(); more; frame, more = frames.Next() {
		if strings.HasSuffix(frame.Function, "/"+c.reader) {
			do, c.reader, c.do = c.do, "", nil
		}
	}
	return do
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	if do := c.due(); do != nil {
		do()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// A Log keeps what the application logged.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// String returns everything that was logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
