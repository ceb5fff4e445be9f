//go:build slow && starter

package parts_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"example.com/latchkey/internal/parts"
)

// TestAnyFewLeaveNoTrace takes two to eight parts at once, drawn by lot, out of the starter, and then the same one after the
// other in another order: nothing says a word of them, and both leave the same. The lot is the same each time: make prunes.
func TestAnyFewLeaveNoTrace(t *testing.T) {
	tree, all := project(t)
	lot := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		var names []string
		for _, at := range lot.Perm(len(all))[:2+lot.IntN(7)] {
			names = append(names, all[at].Name)
		}
		once := take(t, tree, all, tree, names...)
		steps := tree
		for _, name := range names {
			left, err := parts.All(steps)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(left, func(p parts.Part) bool { return p.Name == name }) {
				continue // it went with another
			}
			chosen, err := parts.Of(left, []string{name})
			if err != nil {
				t.Fatal(err)
			}
			if steps, _, err = parts.Remove(steps, chosen); err != nil {
				t.Fatalf("%q, at %s: %v", names, name, err)
			}
		}
		if !maps.Equal(once, steps) {
			t.Errorf("without %q there is something else than without one after the other: %s", names, differences(once, steps))
		}
	}
}
