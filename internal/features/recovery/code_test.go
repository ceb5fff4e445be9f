package recovery

import (
	"strings"
	"testing"
)

func TestCodes(t *testing.T) {
	if bits := length * 5; bits < 80 || len(alphabet) != 32 {
		t.Errorf("%d bits of an alphabet of %d", bits, len(alphabet))
	}
	seen := map[string]bool{}
	for range 100 {
		code := newCode()
		if got, ok := parse(show(code)); !ok || got != code || seen[code] {
			t.Fatalf("%q is read as %q %v", show(code), got, ok)
		}
		seen[code] = true
	}
	for typed, want := range map[string]string{
		"00000-11111-22222-33333": "00000111112222233333", "ooooO iIlL1 22222 33333": "00000111112222233333",
		"0000011111222223333": "", "000001111122222333333": "", "u0000-11111-22222-33333": "", "": "", "é": "",
	} {
		if got, ok := parse(typed); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v", typed, got, ok)
		}
	}
	if hash("ada", "1") == hash("ben", "1") || hash("a", "d1") == hash("ad", "1") {
		t.Error("two accounts share a hash")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"00000-11111-22222-33333", "", "\x00\xff", "ＡＢ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := parse(typed)
		if !ok {
			return
		}
		if len(code) != length || strings.Trim(code, alphabet) != "" {
			t.Fatalf("%q: %q", typed, code)
		}
		if again, ok := parse(show(code)); !ok || again != code {
			t.Fatalf("%q is shown as %q, and that read as %q", code, show(code), again)
		}
	})
}
