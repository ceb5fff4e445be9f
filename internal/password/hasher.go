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
	"sync/atomic"
	"time"

	"golang.org/x/crypto/bcrypt"

	"example.com/latchkey/internal/database"
)

const (
	// bcryptMax is the number of bytes that bcrypt reads; it ignores the rest.
	bcryptMax = 72
	// longPrefix marks the hash of a password of more than 72 bytes: bcrypt-sha256$<salt>$<bcrypt of the HMAC>.
	longPrefix = "bcrypt-sha256$"
)

// A Hasher computes bcrypt behind a bounded queue, on all processors but one, so that a flood of tries leaves time for
// everyone else.
type Hasher struct {
	cost    int
	highest atomic.Int64  // the highest cost of any stored hash: what a wrong password costs
	wait    time.Duration // queueTime, except in tests
	queue   *queue
	dummy   string // compared where there is no hash, so that an unknown account costs the same time

	compare func(hash, password []byte) error // bcrypt's; tests count its work
}

// NewHasher returns a hasher with this bcrypt cost, 4 to 31.
func NewHasher(cost int) *Hasher {
	h := &Hasher{
		cost: cost, wait: queueTime, queue: newQueue(max(1, runtime.GOMAXPROCS(0)-1)),
		dummy: dummy(cost), compare: bcrypt.CompareHashAndPassword,
	}
	h.Raise(cost)
	return h
}

// Raise says that hashes of this cost are stored. A wrong password, and one for no account, then takes as long as the
// most expensive of them, so that an account whose hash is from before BCRYPT_COST was lowered is not told apart.
func (h *Hasher) Raise(cost int) {
	for {
		was := h.highest.Load()
		if int64(cost) <= was || h.highest.CompareAndSwap(was, int64(cost)) {
			return
		}
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

// run calls f when it is the caller's turn. It returns fault.Unavailable.
func (h *Hasher) run(ctx context.Context, c Caller, f func()) error {
	database.NotInTx(ctx, "hashing")
	return h.queue.run(ctx, c, h.wait, f)
}

// Hash returns the hash of a new password, as the users table stores it. It returns fault.Unavailable if the queue has no
// place for the caller.
func (h *Hasher) Hash(ctx context.Context, c Caller, password Checked) (string, error) {
	return h.hash(ctx, c, password.text)
}

func (h *Hasher) hash(ctx context.Context, c Caller, password string) (stored string, err error) {
	prefix, input := "", []byte(password)
	if len(password) > bcryptMax {
		salt := make([]byte, 16)
		rand.Read(salt) //nolint:errcheck // never fails (crypto/rand)
		prefix = longPrefix + base64.RawStdEncoding.EncodeToString(salt) + "$"
		input = digest(salt, password)
	}
	queued := h.run(ctx, c, func() {
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
// unknown, disabled or without a password) costs the same time as a wrong password, and that as much as with the most
// expensive hash of the table. It returns fault.Unavailable if the queue has no place for the caller.
func (h *Hasher) Matches(ctx context.Context, c Caller, stored, password string) (ok bool, err error) {
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
	h.Raise(cost) // stored by another instance, with another setting
	highest := int(h.highest.Load())
	err = h.run(ctx, c, func() {
		ok = h.compare([]byte(hash), input) == nil && possible
		// A hash of a lower cost must not show by its speed. Each step of the cost doubles the work, so one more comparison
		// at each cost from its own up to the highest adds up to exactly the highest.
		for ; !ok && cost < highest; cost++ {
			h.compare(fmt.Appendf(nil, "$2a$%02d%s", cost, h.dummy[len("$2a$00"):]), input) //nolint:errcheck // only its time counts
		}
	})
	return ok, err
}
