package maillogin

import (
	"strings"
	"testing"

	"example.com/latchkey/internal/secret"
)

func TestACodeIsReadAsPeopleTypeIt(t *testing.T) {
	for _, typed := range []string{"CDFG-HJKM", "cdfghjkm", " cdfg hjkm\r\n", "CDFG–HJKM", "ＣＤＦＧ－ＨＪＫＭ", "C.D.F.G.H.J.K.M", "\u200bCDFG\u00a0HJKM\u2060"} {
		if code, ok := parseCode(typed); !ok || code != "CDFGHJKM" {
			t.Errorf("%q is read as %q, %v", typed, code, ok)
		}
	}
	for _, typed := range []string{"", "CDFG-HJK", "CDFG-HJKMN", "ODFG-HJKM", "CDFG/HJKM", strings.Repeat(" ", 101) + "CDFGHJKM"} {
		if code, ok := parseCode(typed); ok {
			t.Errorf("%q is read as %q", typed, code)
		}
	}
}

// TestCodesAreEven holds that each sign is as likely as any other at each place, and that no two tokens share codes.
func TestCodesAreEven(t *testing.T) {
	const n = 21_000
	seen := map[string]bool{}
	counts := [codeLength]map[byte]int{}
	for range n {
		code := codeOf(secret.New())
		if again, ok := parseCode(grouped(code)); !ok || again != code {
			t.Fatalf("%q is read as %q", code, again)
		}
		for i := range codeLength {
			if counts[i] == nil {
				counts[i] = map[byte]int{}
			}
			counts[i][code[i]]++
		}
		seen[code] = true
	}
	if len(seen) < n-3 {
		t.Errorf("%d of %d codes differ", len(seen), n)
	}
	for i, at := range counts {
		for _, sign := range []byte(alphabet) {
			if at[sign] < 800 || at[sign] > 1200 { // 1000, six standard deviations
				t.Errorf("%c stands %d times at place %d", sign, at[sign], i)
			}
		}
	}
}

func FuzzParseCode(f *testing.F) {
	for _, typed := range []string{"CDFG-HJKM", "", "ｃｄｆｇ hjkm", "\xff\xfe", "ﷺﷺﷺ", strings.Repeat("C", 200)} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := parseCode(typed)
		if !ok {
			return
		}
		if len(code) != codeLength || strings.Trim(code, alphabet) != "" {
			t.Errorf("%q is read as %q", typed, code)
		}
		if again, ok := parseCode(grouped(code)); !ok || again != code {
			t.Errorf("%q, written as %q, is read as %q", code, grouped(code), again)
		}
	})
}
