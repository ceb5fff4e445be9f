package login

import "net/http"

// HoldHashing takes all processors that hash, until release is called: what tests a password waits meanwhile.
func (m *Module) HoldHashing() (release func()) {
	for range cap(m.hasher.slots) {
		m.hasher.slots <- struct{}{}
	}
	return func() {
		for range cap(m.hasher.slots) {
			<-m.hasher.slots
		}
	}
}

// FillQueue takes every place in the queue to hash, until release is called.
func (m *Module) FillQueue() (release func()) {
	for range cap(m.hasher.queue) {
		m.hasher.queue <- struct{}{}
	}
	return func() {
		for range cap(m.hasher.queue) {
			<-m.hasher.queue
		}
	}
}

// Waiting is how many wait to hash, or do.
func (m *Module) Waiting() int { return len(m.hasher.queue) }

// Secret is for the test of the names whose values are not kept.
var Secret = secret

// Keepable is for the test of the size that is kept.
func Keepable(r *http.Request) bool {
	_, may := formOf(r)
	return may
}
