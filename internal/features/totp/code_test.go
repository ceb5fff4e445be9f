package totp

import (
	"testing"
	"time"
)

// secret is that of RFC 6238, appendix B: "12345678901234567890".
const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

// TestCodesAreThoseOfTheRFC holds the codes to RFC 6238, appendix B, of whose eight digits apps show the last six.
func TestCodesAreThoseOfTheRFC(t *testing.T) {
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"} {
		if got, err := codeAt(secret, stepOf(time.Unix(at, 0))); err != nil || got != want {
			t.Errorf("at %d: %s %v, want %s", at, got, err, want)
		}
	}
}

// TestACodeCountsForItsStepAndTheNext holds that the step before counts, and neither an earlier nor a later one.
func TestACodeCountsForItsStepAndTheNext(t *testing.T) {
	now := time.Unix(1_800_000_015, 0)
	for ahead, counts := range map[int64]bool{-2: false, -1: true, 0: true, 1: false} {
		code, err := codeAt(secret, stepOf(now)+ahead)
		if err != nil {
			t.Fatal(err)
		}
		step, ok, err := match(secret, code, now)
		if err != nil || ok != counts || ok && step != stepOf(now)+ahead {
			t.Errorf("the code of step %+d counts: %v as %d, %v", ahead, ok, step-stepOf(now), err)
		}
	}
}

func TestParseCode(t *testing.T) {
	for typed, want := range map[string]string{
		"123456": "123456", " 123 456 ": "123456", "123-456": "123456", "123\u00a0456\n": "123456",
		"": "", "12345": "", "1234567": "", "12345a": "", "１２３４５６": "", "+12345": "", "1e2345": "",
	} {
		if got, ok := parseCode(typed); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v", typed, got, ok)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	for _, seed := range []string{"123456", " 123-456 ", "", "１２３４５６", "\x00\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := parseCode(typed)
		if !ok {
			return
		}
		if len(code) != digits {
			t.Fatalf("%q: %q", typed, code)
		}
		for _, c := range code {
			if c < '0' || c > '9' {
				t.Fatalf("%q: %q", typed, code)
			}
		}
		if again, ok := parseCode(code); !ok || again != code {
			t.Fatalf("%q is read as %q, and that as %q", typed, code, again)
		}
	})
}

// TestASecretOpensForItsAccountAlone holds that a sealed secret is bound to its key and its purpose.
func TestASecretOpensForItsAccountAlone(t *testing.T) {
	old, err := newRing("the key before, which is long enough")
	if err != nil {
		t.Fatal(err)
	}
	both, err := newRing("the key of today, which is long enough", "the key before, which is long enough")
	if err != nil {
		t.Fatal(err)
	}
	sealed, id := old.seal("ABC", "ada")
	if text, err := both.open(sealed, id, "ada"); err != nil || text != "ABC" {
		t.Errorf("%q %v", text, err)
	}
	if _, err := both.open(sealed, id, "ben"); err == nil {
		t.Error("it opens for another account")
	}
	if _, err := both[:1].open(sealed, id, "ada"); err == nil {
		t.Error("it opens under another key")
	}
	if again, _ := old.seal("ABC", "ada"); again == sealed {
		t.Error("two seals of one text are the same")
	}
	if _, err := newRing(); err == nil {
		t.Error("a ring without a key")
	}
}
