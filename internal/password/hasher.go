package password

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

const (
	// bcryptMax is the number of bytes that bcrypt reads; it ignores the rest.
	bcryptMax = 72
	// longPrefix marks the hash of a password of more than 72 bytes: bcrypt-sha256$<salt>$<bcrypt of the HMAC>.
	longPrefix = "bcrypt-sha256$"
	// queueLength is how many may wait for a processor; the next one is refused.
	queueLength = 16
	// queueTime is how long anybody waits; after that they are refused, too.
	queueTime = 10 * time.Second
)

// A Hasher computes bcrypt behind a bounded queue, on all processors but one, so that a flood of tries leaves time for
// everyone else.
type Hasher struct {
	cost  int
	wait  time.Duration // queueTime, except in tests
	slots chan struct{} // one for each processor that may hash
	queue chan struct{} // one for each caller who waits or hashes
	dummy string        // compared where there is no hash, so that an unknown account costs the same time

	compare func(hash, password []byte) error // bcrypt's; tests count its work
}

// NewHasher returns a hasher with this bcrypt cost, 4 to 31.
func NewHasher(cost int) *Hasher {
	workers := max(1, runtime.GOMAXPROCS(0)-1)
	return &Hasher{
		cost: cost, wait: queueTime, slots: make(chan struct{}, workers), queue: make(chan struct{}, workers+queueLength),
		dummy: dummy(cost), compare: bcrypt.CompareHashAndPassword,
	}
}

// dummy returns a bcrypt hash of no password: 128 random bits of salt and 184 of hash. To compare with it takes as long
// as with any other of this cost.
func dummy(cost int) string {
	encoding := base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)
	raw := make([]byte, 16+23)
	rand.Read(raw) //nolint:errcheck // never fails (crypto/rand)
	return fmt.Sprintf("$2a$%02d$%s%s", cost, encoding.EncodeToString(raw[:16]), encoding.EncodeToString(raw[16:]))
}

// run calls f when it is its turn. It returns fault.Unavailable if the queue is full, or nobody's turn came in time.
func (h *Hasher) run(ctx context.Context, f func()) error {
	database.NotInTx(ctx, "hashing")
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return &fault.Unavailable{What: "password queue"}
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return &fault.Unavailable{What: "password queue", Err: ctx.Err()}
	case <-time.After(h.wait):
		return &fault.Unavailable{What: "password queue"}
	}
	f()
	return nil
}

// Overloaded returns fault.Unavailable if the next caller would be refused. Asked before the session is loaded, it makes
// a flood of tries cheap for everyone else.
func (h *Hasher) Overloaded() error {
	if len(h.queue) == cap(h.queue) {
		return &fault.Unavailable{What: "password queue"}
	}
	return nil
}

// Hash returns the hash of a new password, as the users table stores it. It returns fault.Unavailable if the queue is full.
func (h *Hasher) Hash(ctx context.Context, password Checked) (string, error) {
	return h.hash(ctx, password.text)
}

// Upgrade returns the hash of a password that has just matched, at today's cost.
func (h *Hasher) Upgrade(ctx context.Context, password string) (string, error) {
	return h.hash(ctx, normalize(password))
}

func (h *Hasher) hash(ctx context.Context, password string) (stored string, err error) {
	prefix, input := "", []byte(password)
	if len(password) > bcryptMax {
		salt := make([]byte, 16)
		rand.Read(salt) //nolint:errcheck // never fails (crypto/rand)
		prefix = longPrefix + base64.RawStdEncoding.EncodeToString(salt) + "$"
		input = digest(salt, password)
	}
	queued := h.run(ctx, func() {
		var hash []byte
		hash, err = bcrypt.GenerateFromPassword(input, h.cost)
		stored = prefix + string(hash)
	})
	return stored, errors.Join(queued, err)
}

// digest makes 44 bytes of a password of any length, so that every byte of it counts.
func digest(salt []byte, password string) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(password))
	return []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// Matches reports whether the password is the stored one. A hash that nothing can match ("" for an account that is
// unknown, disabled or without a password) costs the same time as a wrong password. It returns fault.Unavailable if the
// queue is full.
func (h *Hasher) Matches(ctx context.Context, stored, password string) (ok bool, err error) {
	password = normalize(password)
	hash, input, possible := stored, []byte(password), stored != ""
	if rest, long := strings.CutPrefix(stored, longPrefix); long {
		encoded, inner, _ := strings.Cut(rest, "$")
		salt, err := base64.RawStdEncoding.DecodeString(encoded)
		if err != nil {
			return false, fmt.Errorf("stored password: %w", err)
		}
		hash, input = inner, digest(salt, password)
	} else if len(password) > bcryptMax {
		possible = false // bcrypt would compare the first 72 bytes only
	}
	cost, err := bcrypt.Cost([]byte(hash))
	if !possible || err != nil {
		hash, input, cost, possible = h.dummy, input[:min(len(input), bcryptMax)], h.cost, false
	}
	err = h.run(ctx, func() {
		ok = h.compare([]byte(hash), input) == nil && possible
		// A hash of a lower cost must not show by its speed. Each step of the cost doubles the work, so one more comparison
		// at each cost from its own up to today's adds up to exactly today's.
		for ; !ok && cost < h.cost; cost++ {
			h.compare(fmt.Appendf(nil, "$2a$%02d%s", cost, h.dummy[len("$2a$00"):]), input) //nolint:errcheck // only its time counts
		}
	})
	return ok, err
}

// Outdated reports whether a hash was made at a lower cost than today's.
func (h *Hasher) Outdated(stored string) bool {
	if rest, long := strings.CutPrefix(stored, longPrefix); long {
		_, stored, _ = strings.Cut(rest, "$")
	}
	cost, err := bcrypt.Cost([]byte(stored))
	return err == nil && cost < h.cost
}

// Waiting returns how many callers wait or hash.
func (h *Hasher) Waiting() int { return len(h.queue) }

// Hold takes all processors that hash until release is called. It is for tests of what happens meanwhile.
func (h *Hasher) Hold() (release func()) { return hold(h.slots) }

// Fill takes every place in the queue until release is called. It is for tests of what is refused then.
func (h *Hasher) Fill() (release func()) { return hold(h.queue) }

func hold(places chan struct{}) (release func()) {
	for range cap(places) {
		places <- struct{}{}
	}
	return func() {
		for range cap(places) {
			<-places
		}
	}
}
