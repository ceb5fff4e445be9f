package password

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// stand puts a caller into the queue, and returns once they wait there. Their turn adds their name to the list.
func stand(t *testing.T, h *Hasher, wg *sync.WaitGroup, turns *turns, name string, c Caller) {
	t.Helper()
	ticket, err := h.queue.enter(c)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	wg.Go(func() {
		<-ticket.call
		turns.add(name)
		h.queue.leave(ticket)
	})
}

type turns struct {
	mu   sync.Mutex
	list []string
}

func (s *turns) add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, name)
}

func TestNobodyTakesMoreThanTheirPlaces(t *testing.T) {
	for name, c := range map[string]func(i int) Caller{
		"one address, many accounts": func(i int) Caller { return Caller{Network: "n", Account: fmt.Sprint(i)} },
		"one account, many address":  func(i int) Caller { return Caller{Network: fmt.Sprint(i), Account: "a"} },
	} {
		for _, known := range []bool{false, true} {
			h := NewHasher(bcrypt.MinCost)
			release := h.Hold()
			var wg sync.WaitGroup
			for i := range placesEach {
				caller := c(i)
				caller.Known = known
				stand(t, h, &wg, &turns{}, "x", caller)
			}
			caller := c(placesEach)
			caller.Known = known
			if _, err := h.queue.enter(caller); h.Overloaded(caller) == nil || err == nil {
				t.Errorf("%s, known %v: a third place", name, known)
			}
			if err := h.Overloaded(Caller{Network: "another", Account: "another", Known: known}); err != nil {
				t.Errorf("%s, known %v: others: %v", name, known, err)
			}
			caller.Known = !known
			if err := h.Overloaded(caller); err != nil {
				t.Errorf("%s: the other line: %v", name, err)
			}
			release()
			wg.Wait()
			caller.Known = known
			if err := h.Overloaded(caller); err != nil || h.Waiting() != 0 {
				t.Errorf("%s: afterwards: %v, %d wait", name, err, h.Waiting())
			}
		}
	}
}

// TestAFloodOfStrangersLeavesPlacesAndTurns fills the strangers' line from many addresses.
func TestAFloodOfStrangersLeavesPlacesAndTurns(t *testing.T) {
	h := NewHasher(bcrypt.MinCost)
	h.queue.workers = 1
	release := h.Hold()
	var wg sync.WaitGroup
	var order turns
	for i := range strangersPlaces {
		stand(t, h, &wg, &order, fmt.Sprint("stranger ", i), Caller{Network: fmt.Sprint(i)})
	}
	if h.Overloaded(Caller{Network: "one more"}) == nil {
		t.Error("the line of strangers has no end")
	}
	for i := range knownPlaces {
		stand(t, h, &wg, &order, fmt.Sprint("known ", i), Caller{Network: fmt.Sprint(i), Known: true})
	}
	release()
	wg.Wait()
	for i := range knownPlaces { // they take turns, each line in its order
		if got, want := fmt.Sprint(order.list[2*i:2*i+2]), fmt.Sprintf("[stranger %d known %d]", i, i); got != want {
			t.Errorf("turn %d: %s, want %s", i, got, want)
		}
	}
}

// TestWhoGoesAwayGivesTheirPlaceBack covers both: from the line, and in the moment of their turn.
func TestWhoGoesAwayGivesTheirPlaceBack(t *testing.T) {
	h := NewHasher(bcrypt.MinCost)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	release := h.Hold()
	for range 3 * strangersPlaces {
		if err := h.run(gone, Caller{Network: "n"}, func() { t.Error("hashed") }); err == nil {
			t.Error("no error")
		}
	}
	if h.Waiting() != 0 {
		t.Errorf("%d wait", h.Waiting())
	}
	ticket, err := h.queue.enter(Caller{})
	if err != nil {
		t.Fatal(err)
	}
	release()
	<-ticket.call // it is their turn, and they leave
	h.queue.leave(ticket)
	ran := false
	if err := h.run(t.Context(), Caller{}, func() { ran = true }); err != nil || !ran || h.Waiting() != 0 || h.queue.running != 0 {
		t.Errorf("%v, ran %v, %d wait", err, ran, h.Waiting())
	}
}
