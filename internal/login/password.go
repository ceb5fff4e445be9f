package login

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"
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
// (NIST SP 800-63B, 3.1.1.2): length counts, and what guessers try first is refused. It may ask a server last
// (PWNED_PASSWORDS), so no transaction may be open.
func (m *Module) PasswordProblem(ctx context.Context, password string, about Context) string {
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
	case about.mostly(password):
		return "This password is little more than your name, your address or the name of this site."
	case m.isPwned(ctx, password):
		return "This password was in a leak of some other site, and guessers have it. Take a few words that do not belong together."
	}
	return ""
}

// words are those of the account and the site, folded, the longest first: each whole, without blanks and signs,
// and its parts.
func (about Context) words() []string {
	local, _, _ := strings.Cut(about.Email, "@")
	words := map[string]bool{}
	for _, whole := range []string{about.Email, local, about.Name, about.Site} {
		whole = strings.ToLower(norm.NFC.String(whole))
		parts := strings.FieldsFunc(whole, func(c rune) bool { return !unicode.IsLetter(c) })
		for _, word := range append(parts, whole, strings.Join(parts, "")) {
			if utf8.RuneCountInString(word) >= 4 { // "Al" is in too many others
				words[fold(word)] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(words), func(a, b string) int { return len(b) - len(a) })
}

// mostly reports whether little of the password is left without these words: fewer than six letters,
// where a digit or a sign is half a letter.
func (about Context) mostly(password string) bool {
	lower := strings.ToLower(password)
	folded, found := fold(lower), false
	for _, word := range about.words() {
		for at := strings.Index(folded, word); at >= 0; at = strings.Index(folded, word) {
			lower, folded = lower[:at]+lower[at+len(word):], folded[:at]+folded[at+len(word):]
			found = true
		}
	}
	left := utf8.RuneCountInString(lower)
	for _, c := range lower {
		if unicode.IsLetter(c) {
			left++
		}
	}
	return found && left < aside
}

// hasher computes bcrypt behind a bounded queue, on all processors but one, so that a flood of tries
// leaves time for everyone else.
type hasher struct {
	cost  int
	wait  time.Duration // queueTime, but in tests
	slots chan struct{} // one for each processor that may hash
	queue chan struct{} // one for each who waits or hashes
	dummy string        // of nobody's password: unknown accounts cost the same time

	compare func(hash, password []byte) error // bcrypt's; tests count its work
}

func newHasher(cost int) (*hasher, error) {
	workers := max(1, runtime.GOMAXPROCS(0)-1)
	h := &hasher{
		cost: cost, wait: queueTime, slots: make(chan struct{}, workers), queue: make(chan struct{}, workers+queueLength),
		compare: bcrypt.CompareHashAndPassword,
	}
	dummy, err := bcrypt.GenerateFromPassword([]byte(rand.Text()), cost)
	h.dummy = string(dummy)
	return h, err
}

// run calls f when it is its turn. A full queue is fault.Unavailable: 503 with Retry-After.
func (h *hasher) run(ctx context.Context, f func()) error {
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
	cost, err := bcrypt.Cost([]byte(hash))
	if !possible || err != nil {
		hash, input, cost, possible = h.dummy, input[:min(len(input), bcryptMax)], h.cost, false
	}
	err = h.run(ctx, func() {
		ok = h.compare([]byte(hash), input) == nil && possible
		// A stored form of a lower cost must not tell that it is there. Each step of the cost doubles the work, so that
		// once more at its own cost, and once at each one up to today's, makes it exactly today's.
		for ; !ok && cost < h.cost; cost++ {
			h.compare(fmt.Appendf(nil, "$2a$%02d%s", cost, h.dummy[len("$2a$00"):]), input) //nolint:errcheck // only its time counts
		}
	})
	return ok, err
}

// outdated reports whether a stored form was made at a lower cost than today's.
func (h *hasher) outdated(stored string) bool {
	if rest, long := strings.CutPrefix(stored, longPrefix); long {
		_, stored, _ = strings.Cut(rest, "$")
	}
	cost, err := bcrypt.Cost([]byte(stored))
	return err == nil && cost < h.cost
}
