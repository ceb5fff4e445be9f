package store

import (
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

// maxData bounds one visitor's data, in bytes of JSON.
const maxData = 1 << 20

// ErrCorrupt says that stored data is no JSON object.
var ErrCorrupt = errors.New("session data is no JSON object")

// Data is a visitor's data: a JSON object whose values, each a json.RawMessage, stay raw until a key reads them.
type Data map[string]any

// Codec is the scs.Codec of Data. The deadline is not part of it, the table has a column for that.
type Codec struct{}

// Encode returns the values as the table stores them.
func (Codec) Encode(_ time.Time, values map[string]any) ([]byte, error) { return json.Marshal(values) }

// Decode is the reverse. It returns ErrCorrupt for what is no JSON object.
func (Codec) Decode(text []byte) (time.Time, map[string]any, error) {
	if string(text) == "{}" { // what most visitors have
		return time.Time{}, map[string]any{}, nil
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil || raw == nil { // nil: it is null
		return time.Time{}, nil, errors.Join(ErrCorrupt, err)
	}
	values := make(map[string]any, len(raw))
	for key, value := range raw {
		values[key] = value
	}
	return time.Time{}, values, nil
}

// encode returns the data as the table stores it. It returns fault.TooLarge for more than a visitor may have.
func (d Data) encode() (string, error) {
	text, err := json.Marshal(d)
	if len(text) > maxData {
		return "", fmt.Errorf("session data of %d bytes: %w", len(text), fault.TooLarge)
	}
	return string(text), err
}

// keep drops every key that has none of the policies.
func (d Data) keep(policies ...Policy) {
	maps.DeleteFunc(d, func(key string, _ any) bool { return !hasPolicy(key, policies...) })
}

// LogIn drops the keys that end at log in.
func (d Data) LogIn() { d.keep(UntilLogout, KeptAtLogout) }

// LogOut drops the keys that end at log out.
func (d Data) LogOut() { d.keep(KeptAtLogout) }

// An Op is one change to a visitor's data. Ops are applied to the row as it is at the commit, so that two requests at once
// both keep their change.
type Op struct {
	Kind OpKind
	Key  string          // as stored; of Trim the pool's name
	Raw  json.RawMessage // of Set
	N    int64           // of Add and Trim
}

// OpKind says what an Op does, in words for String.
type OpKind string

// The kinds of Op.
const (
	Set    OpKind = "set"
	Delete OpKind = "delete"          // by a handler
	Take   OpKind = "show and delete" // deletes a message that was shown
	Add    OpKind = "add"             // adds N to a number
	Trim   OpKind = "clear"           // cuts a pool to its newest N values: those whose names sort last
)

// String says what the op does, such as "add 1 to home.views".
func (o Op) String() string {
	switch {
	case o.Kind == Add:
		return fmt.Sprintf("add %d to %s", o.N, o.Key)
	case o.Kind == Trim && o.N > 0:
		return fmt.Sprintf("keep the newest %d of %s", o.N, o.Key)
	}
	return string(o.Kind) + " " + o.Key
}

// Apply does the changes: after a rotation by another request, only those of keys that survive log in.
func (d Data) Apply(ops []Op, rotated bool) {
	for _, o := range ops {
		if rotated && !hasPolicy(o.Key, UntilLogout, KeptAtLogout) {
			continue
		}
		switch o.Kind {
		case Set:
			d[o.Key] = o.Raw
		case Add:
			d[o.Key] = o.Sum(d[o.Key])
		case Delete, Take, Trim:
			for _, key := range o.Removes(slices.Sorted(maps.Keys(d))) {
				delete(d, key)
			}
		}
	}
}

// Removes returns those of the keys, which are sorted, that the op takes away.
func (o Op) Removes(keys []string) []string {
	switch o.Kind {
	case Delete, Take:
		return []string{o.Key}
	case Trim:
		pool := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !strings.HasPrefix(key, o.Key+"/") })
		return pool[:max(0, len(pool)-int(o.N))]
	case Set, Add:
	}
	return nil
}

// Sum returns the stored number plus N. What is no number counts as 0.
func (o Op) Sum(stored any) json.RawMessage {
	var n int64
	raw, _ := stored.(json.RawMessage)
	if err := json.Unmarshal(raw, &n); err != nil {
		n = 0
	}
	return strconv.AppendInt(nil, n+o.N, 10)
}

// Must reports whether a request fails if this change cannot be stored. reads is true of a request that only reads, live of a
// visitor who has a session. What only remembers a visit may be lost: a count on a page that is read, a message that was
// shown, and what is taken from a visitor who has nothing.
func (o Op) Must(reads, live bool) bool {
	switch o.Kind {
	case Set:
		return true
	case Add:
		return !reads
	case Take:
		return false
	case Delete, Trim:
	}
	return live
}
