package user

import (
	"strings"
	"testing"
)

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
