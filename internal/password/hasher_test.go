package password

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

func TestEveryByteOfALongPasswordCounts(t *testing.T) {
	h, ctx := NewHasher(bcrypt.MinCost), t.Context()
	for _, length := range []int{1, 71, 72, 73, 100, maxLength} {
		password := strings.Repeat("a", length-1) + "b"
		stored, err := h.Hash(ctx, Checked{password})
		if err != nil {
			t.Fatal(length, err)
		}
		if long := strings.HasPrefix(stored, longPrefix); long != (length > bcryptMax) {
			t.Errorf("%d bytes are stored as %.20s", length, stored)
		}
		for tried, want := range map[string]bool{password: true, strings.Repeat("a", length): false, password + "x": false, "": false} {
			if got, err := h.Matches(ctx, stored, tried); err != nil || got != want {
				t.Errorf("%d bytes: matches %v (%v), want %v", length, got, err, want)
			}
		}
	}
}

func TestOnePasswordHoweverItIsTyped(t *testing.T) {
	h := NewHasher(bcrypt.MinCost)
	stored, err := h.Hash(t.Context(), Checked{"caf\u00e9 am abend"})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := h.Matches(t.Context(), stored, "cafe\u0301 am abend"); err != nil || !ok {
		t.Errorf("%v %v", ok, err)
	}
}

// TestNobodysPasswordCostsAHash holds the work equal: an account that is unknown, disabled or without a password
// must wait for a processor and hash like any other.
func TestNobodysPasswordCostsAHash(t *testing.T) {
	h := NewHasher(bcrypt.MinCost)
	for range cap(h.slots) {
		h.slots <- struct{}{} // all processors are taken
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, stored := range []string{"", h.dummy} {
		_, err := h.Matches(ctx, stored, "x")
		if busy, ok := errors.AsType[*fault.Unavailable](err); !ok || busy.Err == nil {
			t.Errorf("stored %.4q did not wait for a processor: %v", stored, err)
		}
	}
	if cost, err := bcrypt.Cost([]byte(h.dummy)); err != nil || cost != h.cost {
		t.Errorf("the dummy costs %d, not %d", cost, h.cost)
	}
}

func TestAFullQueueSaysSo(t *testing.T) {
	h := NewHasher(bcrypt.MinCost)
	for range cap(h.queue) {
		h.queue <- struct{}{}
	}
	if _, ok := errors.AsType[*fault.Unavailable](h.run(t.Context(), func() { t.Error("hashed") })); !ok || h.Overloaded() == nil {
		t.Error("a full queue takes one more")
	}
}

// TestARaisedCostTellsNothing counts the work: whatever is stored, a wrong password costs what today's setting says.
func TestARaisedCostTellsNothing(t *testing.T) {
	today := NewHasher(7)
	work := 0
	today.compare = func(hash, password []byte) error {
		cost, err := bcrypt.Cost(hash)
		if err != nil {
			return err
		}
		work += 1 << cost
		return bcrypt.CompareHashAndPassword(hash, password)
	}
	long := strings.Repeat("long ", 30)
	forms := map[string]string{"none": "", "unreadable": "another"}
	for _, cost := range []int{4, 5, 6, 7} {
		for name, password := range map[string]string{"short": "right", "long": long} {
			stored, err := NewHasher(cost).Hash(t.Context(), Checked{password})
			if err != nil {
				t.Fatal(err)
			}
			forms[fmt.Sprintf("%s, cost %d", name, cost)] = stored
			work = 0
			if ok, err := today.Matches(t.Context(), stored, password); !ok || err != nil || work != 1<<cost {
				t.Errorf("the right password at cost %d: %v %v, work %d", cost, ok, err, work)
			}
		}
	}
	for name, stored := range forms {
		for _, tried := range []string{"wrong", long + "er"} {
			work = 0
			if ok, err := today.Matches(t.Context(), stored, tried); ok || err != nil || work != 1<<7 {
				t.Errorf("stored %s, tried %.5s: %v %v, work %d, want %d", name, tried, ok, err, work, 1<<7)
			}
		}
	}
}

func TestHashingInsideATransactionPanics(t *testing.T) {
	db, err := database.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	h := NewHasher(bcrypt.MinCost)
	for name, slow := range map[string]func(ctx context.Context) error{
		"hash":    func(ctx context.Context) error { _, err := h.Hash(ctx, Checked{"x"}); return err },
		"compare": func(ctx context.Context) error { _, err := h.Matches(ctx, "", "x"); return err },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: everybody's writes wait for it", name)
				}
			}()
			_ = db.InTx(t.Context(), slow)
		}()
	}
}

// TestNobodyWaitsForeverToHash is about a machine that is too busy: who waits is told to come back, and leaves the queue.
func TestNobodyWaitsForeverToHash(t *testing.T) {
	h := NewHasher(bcrypt.MinCost)
	if h.wait < time.Second || h.wait > 15*time.Second { // the answer must leave before the connection is closed
		t.Errorf("the wait is %s", h.wait)
	}
	h.wait = time.Millisecond
	for range cap(h.slots) {
		h.slots <- struct{}{} // all processors are taken
	}
	done := make(chan error, 1)
	go func() { done <- h.run(t.Context(), func() { t.Error("hashed") }) }()
	select {
	case err := <-done:
		if _, ok := errors.AsType[*fault.Unavailable](err); !ok || len(h.queue) != 0 {
			t.Errorf("%v, and %d in the queue", err, len(h.queue))
		}
	case <-time.After(30 * time.Second): // a bound for what never comes
		t.Error("it waits for ever")
	}
}

func TestOutdated(t *testing.T) {
	old, today := NewHasher(4), NewHasher(5)
	for _, password := range []string{"short one", strings.Repeat("long ", 30)} {
		stored, err := old.Hash(t.Context(), Checked{password})
		if err != nil {
			t.Fatal(err)
		}
		if old.Outdated(stored) || !today.Outdated(stored) {
			t.Errorf("%.20s", stored)
		}
	}
}
