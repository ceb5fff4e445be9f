//go:build starter

package main

import (
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/parts"
	"example.com/latchkey/internal/testkit/clone"
)

// TestRenameAndPruneInEitherOrder takes out all parts, and in make slow each alone, before the project gets its name and after: that
// leaves the same.
func TestRenameAndPruneInEitherOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("writes the project anew: not with -short")
	}
	tree, err := parts.Read(clone.Root(t))
	if err != nil {
		t.Skip("needs git: ", err)
	}
	if _, made := tree[origin.File]; made {
		t.Skip("about the starter; this is a project that was made from it")
	}
	var all []string
	for _, p := range partsOf(t, tree) {
		all = append(all, p.Name)
	}
	sets, renamed := [][]string{all}, named(t, tree)
	if os.Getenv("SLOW") == "true" {
		for _, name := range all {
			sets = append(sets, []string{name})
		}
	}
	for _, set := range sets {
		compare(t, set, named(t, without(t, tree, set...)), without(t, renamed, set...))
	}
}

func partsOf(t *testing.T, tree parts.Tree) []parts.Part {
	t.Helper()
	all, err := parts.All(tree)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func without(t *testing.T, tree parts.Tree, names ...string) parts.Tree {
	t.Helper()
	chosen, err := parts.Of(partsOf(t, tree), names)
	if err != nil {
		t.Fatal(err)
	}
	left, remarks, err := parts.Remove(tree, chosen)
	if err != nil || len(remarks) > 0 {
		t.Errorf("%q: %q %v", names, remarks, err)
	}
	return left
}

// named returns the tree after a rename.
func named(t *testing.T, tree parts.Tree) parts.Tree {
	t.Helper()
	c := clone.Empty(t)
	for name, text := range tree {
		c.Write(name, text)
	}
	if _, err := rename(c.Dir, "github.com/acme/app", "Acme, Inc."); err != nil {
		t.Fatal(err)
	}
	return c.Tree()
}

// compare holds two trees together: each file, and the first line that is not the same.
func compare(t *testing.T, gone []string, before, after parts.Tree) {
	t.Helper()
	names := maps.Clone(before)
	maps.Copy(names, after)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		one, other := words(name, before[name]), words(name, after[name])
		// The README is what the project's own rename writes, here that of the starter; the stamp knows the files that nobody has
		// committed here.
		if name == "README.md" || name == origin.File {
			continue
		}
		if one == other {
			continue
		}
		at := 0
		for at < min(len(one), len(other)) && one[at] == other[at] {
			at++
		}
		t.Errorf("without %q, %s says\n…%s…\nif it is renamed afterwards, and\n…%s…\nif before", gone, name, around(one, at), around(other, at))
	}
}

// words returns a text without what may differ: where the lines of documentation end, and what descriptions of parts say about the
// starter's CHANGELOG, which rename replaces.
func words(name, text string) string {
	switch path.Ext(name) {
	case ".md":
		return strings.Join(strings.Fields(text), " ")
	case ".txt":
		return changelog.ReplaceAllString(text, "")
	}
	return text
}

var changelog = regexp.MustCompile(`(?m)^\w+ +CHANGELOG\.md .*\n`)

func around(text string, at int) string { return text[max(0, at-150):min(len(text), at+150)] }
