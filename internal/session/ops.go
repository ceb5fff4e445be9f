package session

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"example.com/latchkey/internal/session/store"
)

// An op is one change to a visitor's data. Ops are applied to the row as it is at the commit, so that
// two requests at once both keep their change.
type op struct {
	kind opKind
	key  string // as stored; of opClear and opTrim the pool's name
	raw  json.RawMessage
	n    int64
}

type opKind int

const (
	opSet    opKind = iota
	opDelete        // by a handler
	opTake          // of a message that was shown
	opAdd           // n to a counter
	opClear         // a pool
	opTrim          // a pool to its newest n values: those whose names sort last
)

// removes returns those of the keys, which are sorted, that the op takes away.
func (o op) removes(keys []string) []string {
	switch o.kind {
	case opDelete, opTake:
		return []string{o.key}
	case opClear, opTrim:
		all := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !strings.HasPrefix(key, o.key+"/") })
		return all[:max(0, len(all)-int(o.n))] // n of opClear is 0
	case opSet, opAdd:
	}
	return nil
}

// apply does the ops that may be done: after a rotation by another request, only those on keys that survive log in.
func apply(ops []op, d store.Data, rotated bool) {
	for _, o := range ops {
		if rotated && !keptAtLogin(o.key) {
			continue
		}
		switch o.kind {
		case opSet:
			d[o.key] = o.raw
		case opAdd:
			d[o.key] = add(d[o.key], o.n)
		case opDelete, opTake, opClear, opTrim:
			for _, key := range o.removes(slices.Sorted(maps.Keys(d))) {
				delete(d, key)
			}
		}
	}
}

// add returns the stored number plus n. What is no number counts as 0.
func add(stored any, n int64) json.RawMessage {
	var old int64
	raw, _ := stored.(json.RawMessage)
	if err := json.Unmarshal(raw, &old); err != nil {
		old = 0
	}
	return strconv.AppendInt(nil, old+n, 10)
}
