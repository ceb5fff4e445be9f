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
		stored, err := h.Hash(ctx, Caller{}, Checked{password})
		if err != nil {
			t.Fatal(length, err)
		}
		if long := strings.HasPrefix(stored, longPrefix); long != (length > bcryptMax) {
			t.Errorf("%d bytes are stored as %.20s", length, stored)
		}
		for tried, want := range map[string]bool{password: true, strings.Repeat("a", length): false, password + "x": false, "": false} {
			if got, err := h.Matches(ctx, Caller{}, stored, tried); err != nil || got != want {
				t.Errorf("%d bytes: matches %v (%v), want %v", length, got, err, want)
			}
		}
	}
}

func TestOnePasswordHoweverItIsTyped(t *testing.T) {
	h := NewHasher(bcrypt.MinCost)
	stored, err := h.Hash(t.Context(), Caller{}, Checked{"caf\u00e9 am abend"})
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{"cafe\u0301 am abend", "caf\u00e9\u00a0am\u3000abend"} { // RFC 8265, 4.2.2: every space is U+0020
		if ok, err := h.Matches(t.Context(), Caller{}, stored, typed); err != nil || !ok {
			t.Errorf("%q: %v %v", typed, ok, err)
		}
	}
}

// TestNobodysPasswordCostsAHash holds the work equal: an account that is unknown, disabled or without a password
// must wait for a processor and hash like any other.
func TestNobodysPasswordCostsAHash(t *testing.T) {
	h := NewHasher(bcrypt.MinCost)
	defer h.Hold()() // all processors are taken
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, stored := range []string{"", h.dummy} {
		_, err := h.Matches(ctx, Caller{}, stored, "x")
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
	defer h.Fill()()
	for _, known := range []bool{false, true} {
		c := Caller{Known: known}
		if _, ok := errors.AsType[*fault.Unavailable](h.run(t.Context(), c, func() { t.Error("hashed") })); !ok || h.Overloaded(c) == nil {
			t.Errorf("known %v: a full queue takes one more", known)
		}
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
			stored, err := NewHasher(cost).Hash(t.Context(), Caller{}, Checked{password})
			if err != nil {
				t.Fatal(err)
			}
			forms[fmt.Sprintf("%s, cost %d", name, cost)] = stored
			work = 0
			if ok, err := today.Matches(t.Context(), Caller{}, stored, password); !ok || err != nil || work != 1<<cost {
				t.Errorf("the right password at cost %d: %v %v, work %d", cost, ok, err, work)
			}
		}
	}
	for name, stored := range forms {
		for _, tried := range []string{"wrong", long + "er"} {
			work = 0
			if ok, err := today.Matches(t.Context(), Caller{}, stored, tried); ok || err != nil || work != 1<<7 {
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
		"hash":    func(ctx context.Context) error { _, err := h.Hash(ctx, Caller{}, Checked{"x"}); return err },
		"compare": func(ctx context.Context) error { _, err := h.Matches(ctx, Caller{}, "", "x"); return err },
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
	defer h.Hold()() // all processors are taken
	done := make(chan error, 1)
	go func() { done <- h.run(t.Context(), Caller{}, func() { t.Error("hashed") }) }()
	select {
	case err := <-done:
		if _, ok := errors.AsType[*fault.Unavailable](err); !ok || h.Waiting() != 0 {
			t.Errorf("%v, and %d in the queue", err, h.Waiting())
		}
	case <-time.After(30 * time.Second): // a bound for what never comes
		t.Error("it waits for ever")
	}
}

func TestOutdatedIsEveryOtherCost(t *testing.T) {
	for _, password := range []string{"short one", strings.Repeat("long ", 30)} {
		stored, err := NewHasher(5).Hash(t.Context(), Caller{}, Checked{password})
		if err != nil {
			t.Fatal(err)
		}
		for cost, want := range map[int]bool{4: true, 5: false, 6: true} {
			if got := NewHasher(cost).Outdated(stored); got != want {
				t.Errorf("%.20s at cost %d: %v", stored, cost, got)
			}
		}
	}
}

// TestALoweredCostTellsNothing counts the work while hashes from before are still stored: nobody's password costs what the
// most expensive of them does.
func TestALoweredCostTellsNothing(t *testing.T) {
	for name, learn := range map[string]func(h *Hasher, stored string){
		"at the start":   func(h *Hasher, _ string) { h.Raise(7) },
		"when it is met": func(h *Hasher, stored string) { _, _ = h.Matches(t.Context(), Caller{}, stored, "x") },
	} {
		h, work := NewHasher(5), 0
		h.compare = func(hash, password []byte) error {
			cost, err := bcrypt.Cost(hash)
			work += 1 << cost
			return errors.Join(err, bcrypt.CompareHashAndPassword(hash, password))
		}
		forms := map[string]string{"none": ""}
		for _, cost := range []int{4, 5, 7} {
			stored, err := NewHasher(cost).Hash(t.Context(), Caller{}, Checked{"right"})
			if err != nil {
				t.Fatal(err)
			}
			forms[fmt.Sprint("cost ", cost)] = stored
		}
		learn(h, forms["cost 7"])
		for form, stored := range forms {
			work = 0
			if ok, err := h.Matches(t.Context(), Caller{}, stored, "wrong"); ok || err != nil || work != 1<<7 {
				t.Errorf("%s, %s: %v %v, work %d, want %d", name, form, ok, err, work, 1<<7)
			}
		}
	}
}
