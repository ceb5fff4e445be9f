package store

import (
	"testing"
	"time"
)

// FuzzCodec holds that stored data either decodes to an object that encodes to the same again, or is refused.
func FuzzCodec(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `null`, `[]`, ``, `{"a":{"b":[1,"x"]}}`, `{"a":1}x`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, values, err := Codec{}.Decode([]byte(text))
		if err != nil {
			return
		}
		encoded, err := Codec{}.Encode(time.Time{}, values)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		_, again, err := Codec{}.Decode(encoded)
		if err != nil || len(again) != len(values) {
			t.Errorf("%q became %q: %v", text, encoded, err)
		}
	})
}
