package session

import (
	"context"
	"encoding/json"
	"strings"

	"example.com/latchkey/internal/session/store"
)

// A Policy says what log in and log out do to a value. The default is UntilLogout.
type Policy = store.Policy

const (
	// UntilLogout is the default: the value survives log in, so that a cart filled as a guest is still there.
	UntilLogout = store.UntilLogout
	// KeptAtLogout survives both. It is for what belongs to the browser and tells nothing about a user: a theme, a language.
	KeptAtLogout = store.KeptAtLogout
	// DroppedAtLogin ends at log in as well as at log out.
	DroppedAtLogin = store.DroppedAtLogin
)

// Declared returns every key, counter and pool of the program, sorted by name. A declaration prints as "name: policy".
func Declared() []store.Declaration { return store.Declared() }

// A Key holds one value of type T for each visitor, as JSON.
type Key[T any] struct{ name string }

// NewKey declares a key: var theme = session.NewKey[string]("theme", session.KeptAtLogout). Declare keys as package
// variables: a name that is declared twice, is empty, or has a "/" panics. Without a policy it is UntilLogout.
func NewKey[T any](name string, policy ...Policy) Key[T] { return Key[T]{store.Key[T](name, policy)} }

// Get returns the value, and whether there is one. A value that does not fit T reads as unset and is logged.
func (k Key[T]) Get(ctx context.Context) (T, bool) {
	var value, zero T
	if visitOf(ctx).get(ctx, k.name, &value) {
		return value, true
	}
	return zero, false // and not what was read of a value that does not fit
}

// Or returns the value, or fallback if there is none.
func (k Key[T]) Or(ctx context.Context, fallback T) T {
	if value, ok := k.Get(ctx); ok {
		return value
	}
	return fallback
}

// Set changes the value. Of two requests that set the same key at once, the later commit wins. It panics if the value cannot
// be written as JSON.
func (k Key[T]) Set(ctx context.Context, value T) { visitOf(ctx).set(ctx, k.name, value) }

// Delete removes the value.
func (k Key[T]) Delete(ctx context.Context) {
	visitOf(ctx).change(ctx, store.Op{Kind: store.Delete, Key: k.name})
}

// A Counter is a number to which parallel requests can add without losing any addition.
type Counter struct{ name string }

// NewCounter declares a counter. Names and policies are as for NewKey.
func NewCounter(name string, policy ...Policy) Counter {
	return Counter{store.Declare(name, "counter", policy)}
}

// Add adds n and returns the sum as this request sees it.
func (c Counter) Add(ctx context.Context, n int64) int64 {
	visitOf(ctx).change(ctx, store.Op{Kind: store.Add, Key: c.name, N: n})
	return c.Get(ctx)
}

// Get returns the number, 0 if nothing was added.
func (c Counter) Get(ctx context.Context) int64 {
	var n int64
	visitOf(ctx).get(ctx, c.name, &n)
	return n
}

// A Pool holds any number of values, under names that are known only at run time, and is cleared in one go: the lines of a
// basket, the steps of a wizard.
type Pool struct{ name string }

// NewPool declares a pool. Its name and policy are as for NewKey.
func NewPool(name string, policy ...Policy) Pool { return Pool{store.Declare(name, "pool", policy)} }

// Set changes the value of one name in the pool. The value may have any type that can be written as JSON; Set panics if it
// cannot.
func (p Pool) Set(ctx context.Context, name string, value any) {
	visitOf(ctx).set(ctx, p.name+"/"+name, value)
}

// Get reads the value of one name into dest, a pointer, and reports whether there is one. A value that does not fit dest reads
// as unset and is logged.
func (p Pool) Get(ctx context.Context, name string, dest any) bool {
	return visitOf(ctx).get(ctx, p.name+"/"+name, dest)
}

// Delete removes one name from the pool.
func (p Pool) Delete(ctx context.Context, name string) {
	visitOf(ctx).change(ctx, store.Op{Kind: store.Delete, Key: p.name + "/" + name})
}

// Names returns the names in the pool, sorted.
func (p Pool) Names(ctx context.Context) []string {
	var names []string
	for _, key := range visitOf(ctx).s.engine.Keys(ctx) {
		if name, ok := strings.CutPrefix(key, p.name+"/"); ok {
			names = append(names, name)
		}
	}
	return names
}

// Clear empties the pool.
func (p Pool) Clear(ctx context.Context) {
	visitOf(ctx).change(ctx, store.Op{Kind: store.Trim, Key: p.name})
}

// An Entry is one stored value, as its owner is shown it.
type Entry struct{ Name, Value string }

// Kept returns everything that is stored for this visitor, sorted by name. A value in a pool is named "pool/name".
func Kept(ctx context.Context) []Entry {
	v := visitOf(ctx)
	var list []Entry
	for _, key := range v.s.engine.Keys(ctx) {
		if raw, ok := v.s.engine.Get(ctx, key).(json.RawMessage); ok {
			list = append(list, Entry{key, string(raw)})
		}
	}
	return list
}
