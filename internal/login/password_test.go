package login

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trustelem/zxcvbn/frequency"
	"golang.org/x/crypto/bcrypt"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

func testHasher(t *testing.T, cost int) *hasher {
	t.Helper()
	h, err := newHasher(cost)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestEveryByteOfALongPasswordCounts(t *testing.T) {
	h, ctx := testHasher(t, bcrypt.MinCost), t.Context()
	for _, length := range []int{1, 71, 72, 73, 100, maxPassword} {
		password := strings.Repeat("a", length-1) + "b"
		stored, err := h.Hash(ctx, password)
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
	h := testHasher(t, bcrypt.MinCost)
	stored, err := h.Hash(t.Context(), "caf\u00e9 am abend")
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
	h := testHasher(t, bcrypt.MinCost)
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
	h := testHasher(t, bcrypt.MinCost)
	for range cap(h.queue) {
		h.queue <- struct{}{}
	}
	if _, ok := errors.AsType[*fault.Unavailable](h.run(t.Context(), func() { t.Error("hashed") })); !ok || !h.full() {
		t.Error("a full queue takes one more")
	}
}

// TestARaisedCostTellsNothing counts the work: whatever is stored, a wrong password costs what today's setting says.
func TestARaisedCostTellsNothing(t *testing.T) {
	today := testHasher(t, 7)
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
			stored, err := testHasher(t, cost).Hash(t.Context(), password)
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
	h := testHasher(t, bcrypt.MinCost)
	for name, slow := range map[string]func(ctx context.Context) error{
		"hash":    func(ctx context.Context) error { _, err := h.Hash(ctx, "x"); return err },
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
	h := testHasher(t, bcrypt.MinCost)
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
	old, today := testHasher(t, 4), testHasher(t, 5)
	for _, password := range []string{"short one", strings.Repeat("long ", 30)} {
		stored, err := old.Hash(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		if old.outdated(stored) || !today.outdated(stored) {
			t.Errorf("%.20s", stored)
		}
	}
}

// TestPasswordProblem goes through what is refused and what is welcome. Each refusal names the rule that it needs.
func TestPasswordProblem(t *testing.T) {
	const length, plain, context = "at least 12", "first that a guesser tries", "little more than your name"
	m := &Module{Options: Options{MinPassword: 12}}
	about := Context{Email: "ru.qo.vex@mail.brontide.example", Name: "Zebulynx Quux-Morrowen", Site: "Latchkey"}
	for _, c := range []struct{ password, says string }{
		{"", "Choose a password"},
		{"elevenchars", length},
		{strings.Repeat("ab cd ef gh ", 90), "1,024 bytes"},

		{"international", plain},
		{"1nt3rn4t10n4l", plain},            // common, in another spelling
		{"password12345", plain},            // common with digits
		{"2026-P4$$w0rd!", plain},           // both
		{"trustno1!!!!!!", plain},           // a digit that belongs to the common one
		{"$unshine-1984", plain},            // a sign that does
		{"PasswordPassword", plain},         // said twice
		{"basketball basketball", plain},    // with a blank between
		{"xkqvbxkqvbxkqvb", plain},          // a few characters, again and again
		{"aaaaaaaaaaaaaa", plain},           // one of them
		{"kvkkvmvkmmkvkm", plain},           // few different ones
		{"abcdefghijklmn", plain},           // the alphabet
		{"98765432109876", plain},           // numbers
		{"qwertyuiopasdf", plain},           // keys
		{"poiuytrewqlkjh", plain},           // backwards
		{"1qaz2wsx3edc4rfv5tgb", plain},     // columns of keys
		{"Zebulynx2026!", context},          // the name with a year
		{"Zebulynx.Quux.Morrowen", context}, // the whole name, with other signs
		{"m0rr0w3n-24.12.2001", context},    // its part in another spelling, with a date
		{"RuQoVex-zeb-7", context},          // of the address, and little else
		{"brontide%%brontide", context},     // of its domain
		{"latchkeylatchkey", context},       // the site
		{"La7chk3y-Zebulynx-1", context},    // two of these
		{"ru.qo.vex@mail.brontide.example", context},

		{"quiet otter paints seven lamps", ""},
		{"correct horse battery staple", ""},
		{"twelve chars", ""},
		{"καλημέρα κόσμε", ""}, // characters count, not bytes
		{"vK7#pq!2mZ4w", ""},
		{"48291047556103", ""}, // digits alone, but no sequence
		{"latchkey and a few more plain words", ""},
		{"latchkey-otter-9", ""}, // enough is left
		{"morrowen soup for twelve guests", ""},
		{"the password is on the fridge", ""},
		{strings.Repeat("ab cd ef gh ", 85), ""},
	} {
		got := m.PasswordProblem(t.Context(), c.password, about)
		if (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%.40q: %q, want %q", c.password, got, c.says)
		}
	}
}

// TestCommonPasswords holds the size of the embedded list.
func TestCommonPasswords(t *testing.T) {
	if n := len(frequency.FrequencyLists["passwords"]); n < 10_000 {
		t.Errorf("%d common passwords", n)
	}
	for list, words := range frequency.FrequencyLists {
		for _, word := range words {
			if !tooPlain(word) {
				t.Fatalf("%s: %q passes", list, word)
			}
		}
	}
}

func TestValidEmail(t *testing.T) {
	for address, want := range map[string]bool{
		"ada@example.org": true, " Ada@Example.org ": true, "a+b.c@sub.example.org": true, "o'neil@example.org": true,
		"": false, "ada": false, "ada@": false, "@example.org": false, "a b@example.org": false, "Ada <ada@example.org>": false,
		"ada@exa\u212aple.org": false, "ada@[127.0.0.1]": false, "a@b\r\n": true, "a\r\n@b": false, "a@b..c": false,
		strings.Repeat("a", 251) + "@b.c": false, "a@b,c@d": false,
	} {
		if got := ValidEmail(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}

func FuzzNormalizeEmail(f *testing.F) {
	for _, seed := range []string{"Ada@Example.ORG", " a@b ", "\u212a@x", "é@x", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		key := NormalizeEmail(address)
		if again := NormalizeEmail(key); again != key {
			t.Errorf("%q: %q and then %q", address, key, again)
		}
		if strings.ContainsFunc(key, func(c rune) bool { return 'A' <= c && c <= 'Z' }) {
			t.Errorf("%q: %q", address, key)
		}
		if ValidEmail(address) && NormalizeEmail(strings.ToUpper(address)) != key {
			t.Errorf("%q: two spellings, two keys", address)
		}
	})
}
