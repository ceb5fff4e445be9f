package login

import (
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

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
		if busy, ok := errors.AsType[*fault.Busy](err); !ok || busy.Err == nil {
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
	if _, ok := errors.AsType[*fault.Busy](h.run(t.Context(), func() { t.Error("hashed") })); !ok || !h.full() {
		t.Error("a full queue takes one more")
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

func TestPasswordProblem(t *testing.T) {
	m := &Module{Options: Options{MinPassword: 12}}
	about := Context{Email: "quorvexia@example.org", Name: "Zebulon Quux", Site: "Latchkey"}
	for password, wrong := range map[string]bool{
		"":                                    true,
		"elevenchars":                         true,
		"quiet otter paints seven lamps":      false,
		"twelve chars":                        false,
		"ααααβββγγδδε":                        false, // characters count, not bytes
		strings.Repeat("ab cd ef gh ", 85):    false,
		strings.Repeat("ab cd ef gh ", 90):    true, // more than 1 KiB
		"aaaaaaaaaaaaaa":                      true,
		"abcdefghijklmn":                      true,
		"123456789012345":                     true,
		"password12345":                       true,
		"PasswordPassword":                    true,
		"quorvexia1234":                       true,
		"Zebulon2026!":                        true,
		"latchkeylatchkey":                    true,
		"latchkey and a few more plain words": false,
	} {
		if got := m.PasswordProblem(password, about); (got != "") != wrong {
			t.Errorf("%.40q: %q", password, got)
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
