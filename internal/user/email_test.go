package user

import (
	"strings"
	"testing"
)

func TestEmailProblem(t *testing.T) {
	label := strings.Repeat("a", 63)
	long := "@" + label + "." + label + "." + label + "."
	for address, want := range map[string]bool{
		"ada@example.org": true, " Ada@Example.org ": true, "a+b.c@sub.example.org": true, "o'neil@example.org": true,
		"a@b\r\n": true, "ada@example": true, "ada@" + label + ".org": true, strings.Repeat("a", 64) + "@example.org": true,
		"a@xn--mnchen-3ya.example": true, "a@münchen.example": true, "a@3com.example": true,
		"": false, "ada": false, "ada@": false, "@example.org": false, "a b@example.org": false, "a\r\n@b": true, "a\r\nb@c.d": false,
		"ada@[127.0.0.1]": false, "ada@127.0.0.1": false, "a@b..c": false, "a@.b": false, "a@b.": false, "a@b,c@d": false, "a@b@c.d": false,
		"a@-x.org": false, "a@x-.org": false, "ada@example.org'": false, "ada@example.org,": false, "ada@exa_mple.org": false, "ada@exa mple.org": false,
		"ada@" + label + "a.org": false, strings.Repeat("a", 65) + "@example.org": false, "a@xn--.org": false,
		".a@example.org": false, "a..b@example.org": false, `"a b"@example.org`: false, "é@example.org": false, "\u212aim@example.org": false,
		strings.Repeat("a", 254-len(long)-3) + long + "org": true, strings.Repeat("a", 255-len(long)-3) + long + "org": false,
	} {
		if got := (&Store{}).EmailProblem(address); (got == "") != want {
			t.Errorf("%q: %q", address, got)
		}
	}
	public := &Store{Dotted: true}
	if public.EmailProblem("ada@example") == "" || public.EmailProblem("ada@localhost") == "" || public.EmailProblem("ada@example.org") != "" {
		t.Error("a domain without a dot is of nowhere")
	}
}

// TestOneAddressHoweverItIsTyped goes through what people paste, and what browsers make of it.
func TestOneAddressHoweverItIsTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"Ada@Example.ORG": "Ada@Example.ORG", "Ada@MÜNCHEN.Example": "Ada@münchen.example", "\u00a0ada@example.org\u3000": "ada@example.org", "ada @ example.org": "ada@example.org",
		"\u200bada@exa\u00admple.org\ufeff": "ada@example.org", "\u202aada@example.org\u202c": "ada@example.org",
		"mailto:ada@example.org": "ada@example.org", "MailTo:ada%40example.org?subject=Hello": "ada@example.org",
		"Ada Lovelace <ada@example.org>": "ada@example.org", "<ada@example.org>": "ada@example.org", "\"L, A\" <mailto:ada@example.org>": "ada@example.org",
		"ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ": "ada@example.org", "ada@example。org": "ada@example.org",
		"ada@mu\u0308nchen.example": "ada@münchen.example", "ada@xn--mnchen-3ya.example": "ada@münchen.example", "ada@MÜNCHEN.example": "ada@münchen.example",
	} {
		if problem := (&Store{Dotted: true}).EmailProblem(typed); problem != "" || CleanEmail(typed) != want {
			t.Errorf("%q is %q (%s), want %q", typed, CleanEmail(typed), problem, want)
		}
		if key := NormalizeEmail(typed); key != NormalizeEmail(want) || strings.ContainsFunc(key, func(c rune) bool { return c > 0x7f }) {
			t.Errorf("%q: key %q", typed, key)
		}
	}
	for _, other := range []string{"\u212aim@example.org", "kım@example.org", "kim@еxample.org", "kim@example.org."} {
		if NormalizeEmail(other) == "kim@example.org" {
			t.Errorf("%q is Kim", other)
		}
	}
}

func FuzzNormalizeEmail(f *testing.F) {
	for _, seed := range []string{"Ada@Example.ORG", " a@b ", "\u212a@x", "é@x", "", "a@xn--a", "<a@ü>", "mailto:%3c@a", "a@ß.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		key := NormalizeEmail(address)
		if (&Store{}).EmailProblem(address) != "" {
			return
		}
		if again := NormalizeEmail(key); again != key || NormalizeEmail(CleanEmail(address)) != key || CleanEmail(key) != strings.ToLower(CleanEmail(address)) {
			t.Errorf("%q: %q and then %q; shown %q", address, key, again, CleanEmail(address))
		}
		if strings.ContainsFunc(key, func(c rune) bool { return 'A' <= c && c <= 'Z' || c > 0x7f }) {
			t.Errorf("%q: %q", address, key)
		}
		if problem := (&Store{}).EmailProblem(CleanEmail(address)); problem != "" {
			t.Errorf("%q as it is stored: %s", address, problem)
		}
	})
}
