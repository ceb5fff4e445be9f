package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/latchkey/internal/fault"
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
	return string(text), err
}

// fits returns fault.TooLarge if the data, as encoded, is more than a visitor may have.
func fits(text string) error {
	if len(text) > maxData {
		return fmt.Errorf("session data of %d bytes: %w", len(text), fault.TooLarge)
	}
	return nil
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
		case opAdd:
			d[o.key] = add(d[o.key], o.n)
		case opDelete, opTake, opClear, opTrim:
			for _, key := range o.removes(slices.Sorted(maps.Keys(d))) {
				delete(d, key)
			}
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

// codec is the scs.Codec: a JSON object, whose values stay raw in memory until a key reads them. The deadline is not
// part of it, the table has a column for that.
type codec struct{}

// Encode returns the values as the table stores them.
func (codec) Encode(_ time.Time, values map[string]any) ([]byte, error) {
	d := make(data, len(values))
	for key, value := range values {
		raw, ok := value.(json.RawMessage)
		if !ok {
			return nil, fmt.Errorf("session: %q was put past its key: %T", key, value)
		}
		d[key] = raw
	}
	text, err := d.encode()
	return []byte(text), err
}

// Decode is the reverse. It returns errCorrupt for what is no JSON object.
func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	if string(b) == "{}" { // what most visitors have
		return time.Time{}, map[string]any{}, nil
	}
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
