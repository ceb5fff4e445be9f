package session

import (
	"encoding/json"
	"reflect"
	"testing"

	"example.com/latchkey/internal/session/store"
)

var (
	kept    = NewKey[int]("ops.kept")
	dropped = NewKey[int]("ops.dropped", DroppedAtLogin)
)

func TestOpsAfterARotationKeepToWhatSurvivesLogIn(t *testing.T) {
	ops := []store.Op{
		{Kind: store.Set, Key: kept.name, Raw: json.RawMessage("1")},
		{Kind: store.Set, Key: dropped.name, Raw: json.RawMessage("2")},
		{Kind: store.Set, Key: "nobody.declares", Raw: json.RawMessage("3")},
	}
	all, some := store.Data{}, store.Data{}
	apply(ops, all, false)
	apply(ops, some, true)
	if len(all) != 3 || !reflect.DeepEqual(some, store.Data{"ops.kept": json.RawMessage("1")}) {
		t.Errorf("all %v, some %v", all, some)
	}
}
