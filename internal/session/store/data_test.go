package store

import (
	"encoding/json"
	"reflect"
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

var (
	kept    = Declare("ops.kept", "string", nil)
	dropped = Declare("ops.dropped", "string", []Policy{DroppedAtLogin})
)

func TestOpsAfterARotationKeepToWhatSurvivesLogIn(t *testing.T) {
	ops := []Op{
		{Kind: Set, Key: kept, Raw: json.RawMessage("1")},
		{Kind: Set, Key: dropped, Raw: json.RawMessage("2")},
		{Kind: Set, Key: "nobody.declares", Raw: json.RawMessage("3")},
	}
	all, some := Data{}, Data{}
	all.Apply(ops, false)
	some.Apply(ops, true)
	if len(all) != 3 || !reflect.DeepEqual(some, Data{"ops.kept": json.RawMessage("1")}) {
		t.Errorf("all %v, some %v", all, some)
	}
}
