package login

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
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

const (
	// maxPassword is the longest password, in bytes of NFC.
	maxPassword = 1024
	// bcryptMax is where bcrypt stops reading, in bytes.
	bcryptMax = 72
	// longPrefix marks a password of more than 72 bytes: bcrypt-sha256$<salt>$<bcrypt of the HMAC>.
	longPrefix = "bcrypt-sha256$"
	// queueLength is how many may wait for a processor that hashes; the next one is told to come back.
	queueLength = 16
	// queueTime is how long anybody waits there: then the answer is the same.
	queueTime = 10 * time.Second
)

// normalizePassword makes one password of the ways in which keyboards write it (NIST SP 800-63B, 3.1.1.2).
func normalizePassword(password string) string { return norm.NFC.String(password) }

// Context is what a password must not be made of: the words that a guesser tries first for this account.
type Context struct{ Email, Name, Site string }

// PasswordProblem returns what is wrong with a new password, "" if nothing. There are no rules of composition
// (NIST SP 800-63B, 3.1.1.2): length counts, and what guessers try first is refused.
func (m *Module) PasswordProblem(password string, about Context) string {
	password = normalizePassword(password)
	switch n := utf8.RuneCountInString(password); {
	case n == 0:
		return "Choose a password."
	case n < m.MinPassword:
		return fmt.Sprintf("Use at least %d characters. A few ordinary words make a good password.", m.MinPassword)
	case len(password) > maxPassword:
		return "Keep the password under 1,024 bytes."
	case tooPlain(password):
		return "This password is one of the first that a guesser tries. Take a few words that do not belong together."
	}
	local, _, _ := strings.Cut(about.Email, "@")
	for _, word := range append([]string{about.Email, local, about.Site, about.Name}, strings.Fields(about.Name)...) {
		if mostly(password, word) {
			return "This password is little more than your name, your address or the name of this site."
		}
	}
	return ""
}

// mostly reports whether less than six characters of the password are left without the word.
func mostly(password, word string) bool {
	password, word = strings.ToLower(password), strings.ToLower(word)
	return utf8.RuneCountInString(word) >= 4 && strings.Contains(password, word) &&
		utf8.RuneCountInString(strings.ReplaceAll(password, word, "")) < 6
}

// hasher computes bcrypt behind a bounded queue, on all processors but one, so that a flood of tries
// leaves time for everyone else.
type hasher struct {
	cost  int
	slots chan struct{} // one for each processor that may hash
	queue chan struct{} // one for each who waits or hashes
	dummy string        // of nobody's password: unknown accounts cost the same time
}

func newHasher(cost int) (*hasher, error) {
	workers := max(1, runtime.GOMAXPROCS(0)-1)
	h := &hasher{cost: cost, slots: make(chan struct{}, workers), queue: make(chan struct{}, workers+queueLength)}
	dummy, err := bcrypt.GenerateFromPassword([]byte(rand.Text()), cost)
	h.dummy = string(dummy)
	return h, err
}

// run calls f when it is its turn. A full queue is fault.Busy: 503 with Retry-After.
func (h *hasher) run(ctx context.Context, f func()) error {
	database.NotInTx(ctx, "hashing")
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return &fault.Busy{What: "password queue"}
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return &fault.Busy{What: "password queue", Err: ctx.Err()}
	case <-time.After(queueTime):
		return &fault.Busy{What: "password queue"}
	}
	lowPriority(f)
	return nil
}

// full reports whether the next one would be told to come back.
func (h *hasher) full() bool { return len(h.queue) == cap(h.queue) }

// Hash returns the stored form of a password.
func (h *hasher) Hash(ctx context.Context, password string) (stored string, err error) {
	password = normalizePassword(password)
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

// Matches reports whether the password is the stored one. A stored form that nobody can match ("" for an unknown,
// disabled or passwordless account) costs the same time as a wrong password.
func (h *hasher) Matches(ctx context.Context, stored, password string) (ok bool, err error) {
	password = normalizePassword(password)
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
	if !possible {
		hash, input = h.dummy, input[:min(len(input), bcryptMax)]
	}
	err = h.run(ctx, func() {
		ok = bcrypt.CompareHashAndPassword([]byte(hash), input) == nil && possible
	})
	return ok, err
}

// outdated reports whether a stored form was made with another cost than today's.
func (h *hasher) outdated(stored string) bool {
	if rest, long := strings.CutPrefix(stored, longPrefix); long {
		_, stored, _ = strings.Cut(rest, "$")
	}
	cost, err := bcrypt.Cost([]byte(stored))
	return err == nil && cost != h.cost
}
