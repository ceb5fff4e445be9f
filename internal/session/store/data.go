package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"example.com/latchkey/internal/fault"
)

// maxData bounds one visitor's data, in bytes of JSON.
const maxData = 1 << 20

// ErrCorrupt says that stored data is no JSON object.
var ErrCorrupt = errors.New("session data is no JSON object")

// Data is a visitor's data: a JSON object whose values, each a json.RawMessage, stay raw until a key reads them.
type Data map[string]any

// Decode reads data as stored. It returns ErrCorrupt for what is no JSON object.
func Decode(text []byte) (Data, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil || raw == nil { // nil: it is null
		return nil, errors.Join(ErrCorrupt, err)
	}
	d := make(Data, len(raw))
	for key, value := range raw {
		d[key] = value
	}
	return d, nil
}

// encode is the reverse. It returns fault.TooLarge for more than a visitor may have.
func (d Data) encode() (string, error) {
	text, err := json.Marshal(d)
	if len(text) > maxData {
		return "", fmt.Errorf("session data of %d bytes: %w", len(text), fault.TooLarge)
	}
	return string(text), err
}

// Keep drops every key that the rule does not keep.
func (d Data) Keep(rule func(key string) bool) {
	maps.DeleteFunc(d, func(key string, _ any) bool { return !rule(key) })
}
