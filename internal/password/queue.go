package password

import (
	"context"
	"slices"
	"sync"
	"time"

	"example.com/latchkey/internal/fault"
)

const (
	// strangersPlaces is how many may wait for a processor; the next one is refused.
	strangersPlaces = 16
	// knownPlaces is how many more may wait who are known: a flood of strangers never takes these.
	knownPlaces = 8
	// placesEach is how many of either may wait for one client address, and for one account.
	placesEach = 2
	// queueTime is how long anybody waits; after that they are refused, too.
	queueTime = 10 * time.Second
)

// A Caller is for whom a password is hashed. The zero Caller is an operator's command, of which no more than the length of
// the queue is asked.
type Caller struct {
	Network string // the client's address, as limits count it
	Account string // whom the password is of, as log in counts it
	Known   bool   // the browser is logged in, or has logged in to this account before: places are kept for it
}

// A queue lets as many hash at a time as there are workers, and bounds who waits. There are two lines, so that strangers
// and those who are known do not take each other's places: they take turns at the workers, so that whoever stands at the
// head of a line waits for at most two hashes, whatever the other line holds. Within a line nobody takes more than their
// places.
//
// While somebody waits, every worker is busy.
type queue struct {
	mu      sync.Mutex
	workers int
	running int
	lines   [2]line // of strangers, and of those who are known
	turn    int     // the line that comes next
	held    bool    // by a test: no worker is free
}

// A line is who waits, first come first served.
type line struct {
	places  int
	waiting []*ticket
	each    map[string]int // how many of those wait for an address or an account
}

// A ticket is one caller's place.
type ticket struct {
	line int
	keys []string
	call chan struct{} // closed when it is the caller's turn
}

func newQueue(workers int) *queue {
	return &queue{workers: workers, lines: [2]line{
		{places: strangersPlaces, each: map[string]int{}}, {places: knownPlaces, each: map[string]int{}},
	}}
}

func newTicket(c Caller) *ticket {
	t := &ticket{call: make(chan struct{})}
	if c.Known {
		t.line = 1
	}
	if c.Network != "" {
		t.keys = append(t.keys, "address "+c.Network)
	}
	if c.Account != "" {
		t.keys = append(t.keys, "account "+c.Account)
	}
	return t
}

// admits returns fault.Unavailable if there is no place for the ticket. The queue is locked.
func (q *queue) admits(t *ticket) error {
	if q.free() {
		return nil
	}
	l := &q.lines[t.line]
	if len(l.waiting) >= l.places || slices.ContainsFunc(t.keys, func(key string) bool { return l.each[key] >= placesEach }) {
		return &fault.Unavailable{What: "password queue"}
	}
	return nil
}

// free reports whether a worker is. The queue is locked.
func (q *queue) free() bool { return q.running < q.workers && !q.held }

// enter takes a worker, or a place to wait for one. It returns fault.Unavailable if there is none.
func (q *queue) enter(t *ticket) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.admits(t); err != nil {
		return err
	}
	l := &q.lines[t.line]
	l.waiting = append(l.waiting, t)
	for _, key := range t.keys {
		l.each[key]++
	}
	q.next()
	return nil
}

// next gives the free workers to those who wait. The queue is locked.
func (q *queue) next() {
	for q.free() {
		if len(q.lines[q.turn].waiting) == 0 {
			q.turn = 1 - q.turn
		}
		if len(q.lines[q.turn].waiting) == 0 {
			return
		}
		t := q.lines[q.turn].waiting[0]
		q.remove(t)
		q.running++
		q.turn = 1 - q.turn
		close(t.call)
	}
}

// remove takes a ticket out of its line, and reports whether it was still there. The queue is locked.
func (q *queue) remove(t *ticket) bool {
	l := &q.lines[t.line]
	i := slices.Index(l.waiting, t)
	if i < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
	for _, key := range t.keys {
		if l.each[key]--; l.each[key] == 0 {
			delete(l.each, key)
		}
	}
	return true
}

// leave gives the worker, or the place, back.
func (q *queue) leave(t *ticket) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.remove(t) {
		q.running--
	}
	q.next()
}

// run calls f when it is the caller's turn. It returns fault.Unavailable if there is no place to wait, or the turn did not
// come in time.
func (q *queue) run(ctx context.Context, c Caller, wait time.Duration, f func()) error {
	t := newTicket(c)
	if err := q.enter(t); err != nil {
		return err
	}
	defer q.leave(t)
	late := time.NewTimer(wait)
	defer late.Stop()
	select {
	case <-t.call:
	case <-ctx.Done():
		return &fault.Unavailable{What: "password queue", Err: ctx.Err()}
	case <-late.C:
		return &fault.Unavailable{What: "password queue"}
	}
	f()
	return nil
}

// Overloaded returns fault.Unavailable if the caller would be refused now. Asked before anything else is done, it makes a
// flood of tries cheap for everyone else.
func (h *Hasher) Overloaded(c Caller) error {
	h.queue.mu.Lock()
	defer h.queue.mu.Unlock()
	return h.queue.admits(newTicket(c))
}

// Waiting returns how many callers wait or hash.
func (h *Hasher) Waiting() int {
	q := h.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.running + len(q.lines[0].waiting) + len(q.lines[1].waiting)
}

// Hold keeps everybody waiting who is not hashing yet, until release is called. It is for tests of what happens meanwhile.
func (h *Hasher) Hold() (release func()) { return h.queue.hold(strangersPlaces, knownPlaces) }

// Fill takes every place in the queue until release is called. It is for tests of what is refused then.
func (h *Hasher) Fill() (release func()) { return h.queue.hold(0, 0) }

func (q *queue) hold(strangers, known int) (release func()) {
	set := func(held bool, strangers, known int) {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.held, q.lines[0].places, q.lines[1].places = held, strangers, known
		q.next()
	}
	set(true, strangers, known)
	return func() { set(false, strangersPlaces, knownPlaces) }
}
