package password

import (
	"strings"
	"testing"

	"github.com/trustelem/zxcvbn/frequency"
)

// TestPolicy goes through what is refused and what is welcome. Each refusal names the rule that it needs.
func TestPolicy(t *testing.T) {
	const length, plain, context = "Use at least 12", "first that a guesser tries", "little more than your name"
	policy := Policy{MinLength: 12, Site: "Latchwood"}
	about := Personal{Email: "ru.qo.vex@mail.brontide.example", Name: "Zebulynx Quux-Morrowen"}
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
		{"latchwoodlatchwood", context},     // the site
		{"La7chw00d-Zebulynx-1", context},   // two of these
		{"ru.qo.vex@mail.brontide.example", context},

		{"quiet otter paints seven lamps", ""},
		{"correct horse battery staple", ""},
		{"twelve chars", ""},
		{"καλημέρα κόσμε", ""}, // characters count, not bytes
		{"vK7#pq!2mZ4w", ""},
		{"48291047556103", ""}, // digits alone, but no sequence
		{"latchwood and a few more plain words", ""},
		{"latchwood-otter-9", ""}, // enough is left
		{"morrowen soup for twelve guests", ""},
		{"the password is on the fridge", ""},
		{strings.Repeat("ab cd ef gh ", 85), ""},
	} {
		checked, got := policy.Check(t.Context(), c.password, about)
		if (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%.40q: %q, want %q", c.password, got, c.says)
		}
		if (checked.text == "") != (got != "") {
			t.Errorf("%.40q: checked %q", c.password, checked.text)
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
