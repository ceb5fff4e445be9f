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
	lines   map[bool]*line // of those who are known, and of strangers
	turn    bool           // the line that comes next
	held    bool           // by a test: no worker is free
}

// A line is who waits, first come first served.
type line struct {
	places  int
	waiting []*ticket
}

// A ticket is one caller's place.
type ticket struct {
	Caller
	call chan struct{} // closed when it is the caller's turn
}

func newQueue(workers int) *queue {
	return &queue{workers: workers, lines: map[bool]*line{false: {places: strangersPlaces}, true: {places: knownPlaces}}}
}

// admits returns fault.Unavailable if there is no place for the caller. The queue is locked.
func (q *queue) admits(c Caller) error {
	if q.free() {
		return nil
	}
	l, network, account := q.lines[c.Known], 0, 0
	for _, t := range l.waiting {
		if c.Network != "" && t.Network == c.Network {
			network++
		}
		if c.Account != "" && t.Account == c.Account {
			account++
		}
	}
	if len(l.waiting) >= l.places || max(network, account) >= placesEach {
		return &fault.Unavailable{What: "password queue"}
	}
	return nil
}

// free reports whether a worker is. The queue is locked.
func (q *queue) free() bool { return q.running < q.workers && !q.held }

// enter takes a worker for the caller, or a place to wait for one. It returns fault.Unavailable if there is none.
func (q *queue) enter(c Caller) (*ticket, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.admits(c); err != nil {
		return nil, err
	}
	t := &ticket{c, make(chan struct{})}
	q.lines[c.Known].waiting = append(q.lines[c.Known].waiting, t)
	q.next()
	return t, nil
}

// next gives the free workers to those who wait. The queue is locked.
func (q *queue) next() {
	for q.free() {
		if len(q.lines[q.turn].waiting) == 0 {
			q.turn = !q.turn
		}
		if len(q.lines[q.turn].waiting) == 0 {
			return
		}
		t := q.lines[q.turn].waiting[0]
		q.remove(t)
		q.running++
		q.turn = !q.turn
		close(t.call)
	}
}

// remove takes a ticket out of its line, and reports whether it was still there. The queue is locked.
func (q *queue) remove(t *ticket) bool {
	l := q.lines[t.Known]
	i := slices.Index(l.waiting, t)
	if i < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
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
	t, err := q.enter(c)
	if err != nil {
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
	return h.queue.admits(c)
}

// Waiting returns how many callers wait or hash.
func (h *Hasher) Waiting() int {
	q := h.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.running + len(q.lines[false].waiting) + len(q.lines[true].waiting)
}

// Hold keeps everybody waiting who is not hashing yet, until release is called. It is for tests of what happens meanwhile.
func (h *Hasher) Hold() (release func()) { return h.queue.hold(strangersPlaces, knownPlaces) }

// Fill takes every place in the queue until release is called. It is for tests of what is refused then.
func (h *Hasher) Fill() (release func()) { return h.queue.hold(0, 0) }

func (q *queue) hold(strangers, known int) (release func()) {
	set := func(held bool, strangers, known int) {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.held, q.lines[false].places, q.lines[true].places = held, strangers, known
		q.next()
	}
	set(true, strangers, known)
	return func() { set(false, strangersPlaces, knownPlaces) }
}
