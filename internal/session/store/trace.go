package store

import (
	"fmt"
	"slices"
	"sync"
)

// Names are noted in their order, each once, by any number of goroutines.
type Names struct {
	mu   sync.Mutex
	list []string
}

// Note notes a name, if that is wanted.
func (n *Names) Note(wanted bool, name string) {
	if !wanted {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Contains(n.list, name) {
		n.list = append(n.list, name)
	}
}

// List returns the names that were noted.
func (n *Names) List() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list)
}

// Words says what each of the changes does.
func Words(ops []Op) (words []string) {
	for _, o := range ops {
		words = append(words, o.String())
	}
	return words
}

// String says what the op does, such as "add 1 to home.views".
func (o Op) String() string {
	switch o.Kind {
	case Set:
		return "set " + o.Key
	case Delete:
		return "delete " + o.Key
	case Take:
		return "show and delete " + o.Key
	case Add:
		return fmt.Sprintf("add %d to %s", o.N, o.Key)
	case Trim:
		if o.N == 0 {
			return "clear " + o.Key
		}
		return fmt.Sprintf("keep the newest %d of %s", o.N, o.Key)
	}
	return o.Key
}
