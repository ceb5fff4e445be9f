package session

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"example.com/latchkey/internal/session/store"
)

var (
	kept    = NewKey[int]("ops.kept")
	dropped = NewKey[int]("ops.dropped", DroppedAtLogin)
)

func TestOpsAfterARotationKeepToWhatSurvivesLogIn(t *testing.T) {
	ops := []op{
		{kind: opSet, key: kept.name, raw: json.RawMessage("1")},
		{kind: opSet, key: dropped.name, raw: json.RawMessage("2")},
		{kind: opSet, key: "nobody.declares", raw: json.RawMessage("3")},
	}
	all, some := store.Data{}, store.Data{}
	apply(ops, all, false)
	apply(ops, some, true)
	if len(all) != 3 || !reflect.DeepEqual(some, store.Data{"ops.kept": json.RawMessage("1")}) {
		t.Errorf("all %v, some %v", all, some)
	}
}

// FuzzCodec holds that stored data either decodes to an object that encodes to the same again, or is refused.
func FuzzCodec(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `null`, `[]`, ``, `{"a":{"b":[1,"x"]}}`, `{"a":1}x`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, values, err := codec{}.Decode([]byte(text))
		if err != nil {
			return
		}
		encoded, err := codec{}.Encode(time.Time{}, values)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		_, again, err := codec{}.Decode(encoded)
		if err != nil || len(again) != len(values) {
			t.Errorf("%q became %q: %v", text, encoded, err)
		}
	})
}
