package session

import (
	"context"
	"fmt"
	"slices"

	"example.com/latchkey/internal/session/store"
)

// Trace returns what this request has done with its session so far: the keys that it read, if Options.Traces, and its
// changes in words, such as "set theme" or "add 1 to home.views". What log in or log out did to the keys is not among them.
func Trace(ctx context.Context) (read, changes []string) {
	v := visitOf(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, o := range v.ops {
		changes = append(changes, words(o))
	}
	return slices.Clone(v.read), changes
}

func (v *visit) noteRead(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !slices.Contains(v.read, key) {
		v.read = append(v.read, key)
	}
}

// words says what a change does.
func words(o store.Op) string {
	switch o.Kind {
	case store.Set:
		return "set " + o.Key
	case store.Delete:
		return "delete " + o.Key
	case store.Take:
		return "show and delete " + o.Key
	case store.Add:
		return fmt.Sprintf("add %d to %s", o.N, o.Key)
	case store.Trim:
		if o.N == 0 {
			return "clear " + o.Key
		}
		return fmt.Sprintf("keep the newest %d of %s", o.N, o.Key)
	}
	return o.Key
}
