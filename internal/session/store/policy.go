package store

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// A Policy says what log in and log out do to a key. The default survives log in and ends with log out.
type Policy int

const (
	// UntilLogout is the default: the value survives log in, so that a cart filled as a guest is still there.
	UntilLogout Policy = iota
	// KeptAtLogout survives both. For what belongs to the browser and tells nothing about a user: a theme, a language.
	KeptAtLogout
	// DroppedAtLogin ends at log in as well as at log out.
	DroppedAtLogin
)

// String names the policy as the test that lists all keys prints it.
func (p Policy) String() string {
	return [...]string{"until log out", "kept at log out", "dropped at log in"}[p]
}

// A Declaration is what the program says of a key, a counter or a pool.
type Declaration struct {
	Name   string
	Type   string // of a key its Go type, else "counter" or "pool"
	Policy Policy
}

// declared holds the Declaration of every key of the program by its name, and never data. Keys are declared once,
// as package variables; a key that nobody declares any more is dropped at the next log in or log out.
var declared sync.Map

// Declare notes the key of this name, and returns the name. It panics if there is one already.
func Declare(name, typ string, policy []Policy) string {
	if name == "" || strings.Contains(name, "/") {
		panic(fmt.Sprintf("session: %q is no name for a key", name))
	}
	if _, twice := declared.LoadOrStore(name, Declaration{name, typ, cmp.Or(policy...)}); twice {
		panic(fmt.Sprintf("session: the key %q is declared twice", name))
	}
	return name
}

// Key is Declare for a key that holds a T.
func Key[T any](name string, policy []Policy) string {
	return Declare(name, reflect.TypeFor[T]().String(), policy)
}

// Declared lists every key, counter and pool of the program, sorted by name.
func Declared() (list []Declaration) {
	declared.Range(func(_, d any) bool {
		list = append(list, d.(Declaration))
		return true
	})
	slices.SortFunc(list, func(a, b Declaration) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// String returns the declaration as the tests list it: "name: policy".
func (d Declaration) String() string { return d.Name + ": " + d.Policy.String() }

// hasPolicy reports whether the key of a stored name is declared with one of the policies. What is in a pool is stored as
// "pool/name".
func hasPolicy(stored string, policies ...Policy) bool {
	name, _, _ := strings.Cut(stored, "/")
	d, ok := declared.Load(name)
	return ok && slices.Contains(policies, d.(Declaration).Policy)
}
