package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"
)

// An op is one change to a visitor's data. Ops are applied to the row as it is at the commit, so that
// two requests at once both keep their change.
type op struct {
	kind opKind
	key  string // as stored; of opClear the pool's name
	raw  json.RawMessage
	n    int64
}

type opKind int

const (
	opSet opKind = iota
	opDelete
	opAdd
	opClear
)

// data is a visitor's data as stored: a JSON object.
type data map[string]json.RawMessage

var errCorrupt = errors.New("session data is no JSON object")

func decode(text string) (data, error) {
	trimmed := bytes.TrimSpace([]byte(text))
	if len(trimmed) == 0 || trimmed[0] != '{' { // "null" would decode to a nil map
		return nil, errCorrupt
	}
	d := data{}
	if err := json.Unmarshal(trimmed, &d); err != nil {
		return nil, errors.Join(errCorrupt, err)
	}
	return d, nil
}

func (d data) encode() (string, error) {
	text, err := json.Marshal(d)
	if err == nil && len(text) > maxData {
		err = errors.New("session data is too large: " + strconv.Itoa(len(text)) + " bytes")
	}
	return string(text), err
}

// apply does the ops that may be done: after a rotation by another request, only those on keys that survive log in.
func (d data) apply(ops []op, rotated bool) {
	for _, o := range ops {
		if rotated && !keptAtLogin(o.key) {
			continue
		}
		switch o.kind {
		case opSet:
			d[o.key] = o.raw
		case opDelete:
			delete(d, o.key)
		case opAdd:
			d[o.key] = add(d[o.key], o.n)
		case opClear:
			maps.DeleteFunc(d, func(key string, _ json.RawMessage) bool { return strings.HasPrefix(key, o.key+"/") })
		}
	}
}

// keep drops every key that the rule does not keep.
func (d data) keep(rule func(string) bool) {
	maps.DeleteFunc(d, func(key string, _ json.RawMessage) bool { return !rule(key) })
}

// add returns the number plus n. What is no number counts as 0.
func add(raw json.RawMessage, n int64) json.RawMessage {
	var old int64
	if err := json.Unmarshal(raw, &old); err != nil {
		old = 0
	}
	return strconv.AppendInt(nil, old+n, 10)
}

// codec turns stored data into what scs holds for one request: raw JSON for each key. Encode is never asked for:
// changes are saved, not copies.
type codec struct{}

func (codec) Encode(time.Time, map[string]any) ([]byte, error) { return nil, errNotUsed }

func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	d, err := decode(string(b))
	if err != nil {
		return time.Time{}, nil, err
	}
	values := make(map[string]any, len(d))
	for key, raw := range d {
		values[key] = raw
	}
	return time.Time{}, values, nil
}
