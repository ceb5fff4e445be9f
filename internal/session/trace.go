package session

import (
	"context"
	"slices"
)

// Trace returns what this request has done with its session so far: the keys that it read, if Options.Traces, and its
// changes in words, such as "set theme" or "add 1 to home.views". What log in or log out did to the keys is not among them.
func Trace(ctx context.Context) (read, changes []string) {
	v := visitOf(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, o := range v.ops {
		changes = append(changes, o.String())
	}
	return slices.Clone(v.read), changes
}
