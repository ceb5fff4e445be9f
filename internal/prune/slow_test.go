//go:build slow

package main

import (
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/parts"
	"example.com/latchkey/internal/testkit/clone"
)

// TestWhatIsLeftWorks prunes copies of the starter by make: each part alone, each two that change a file of code together, and all.
// What is left builds, has no lint and passes its tests: all of them without all parts; those of the packages that were changed and
// of app, which joins everything, without one; those that hold the lists together without two. make prune itself asks go vet. It takes long: make slow.
func TestWhatIsLeftWorks(t *testing.T) {
	c := clone.New(t)
	c.Init() // one folder for all, so that what a part does not touch is neither compiled nor tested anew
	before, err := parts.Read(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if c.Read(origin.File) != "" {
		t.Skip("about the starter; this is a project that was made from it")
	}
	all, err := parts.All(before)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name
	}
	try := func(check func(c *clone.Copy), names ...string) {
		t.Run(strings.Join(names, " "), func(t *testing.T) {
			c := c.For(t)
			began := time.Now()
			defer func() {
				c.Run("git", "reset", "-q", "--hard")
				c.Run("git", "clean", "-q", "-fd")
				t.Logf("without %s: %s", strings.Join(names, " "), time.Since(began).Round(time.Second))
			}()
			c.Run("make", "prune", "WITHOUT="+strings.Join(names, " "))
			check(c)
		})
	}
	try(func(c *clone.Copy) {
		c.Run("make", "lint")
		c.Run("go", "test", "-short", "./...")
	}, names...)
	changed := func(c *clone.Copy) {
		c.Run("go", append([]string{"test", "-short", "./internal/app", "./internal/config"}, packages(c)...)...)
	}
	for _, name := range names {
		try(func(c *clone.Copy) {
			c.Run("go", "run", "-mod=mod", "-modfile=tools.mod", "honnef.co/go/tools/cmd/staticcheck", "./...")
			changed(c)
		}, name)
	}
	for _, two := range together(t, before, all) {
		try(func(c *clone.Copy) {
			c.Run("go", "test", "-short", "./internal/app", "./internal/config", "-run", "Routes|Arrows|Lists|Limits|Settings|Exports|Readme|DeadLink")
		}, two...)
	}
}

// packages are those with a changed file.
func packages(c *clone.Copy) (dirs []string) {
	for line := range strings.Lines(c.Run("git", "diff", "--name-only", "--diff-filter=AM", "--", "*.go")) {
		dirs = append(dirs, "./"+path.Dir(strings.TrimSpace(line)))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// together are the names of each two parts that both change or delete the same file of code.
func together(t *testing.T, before parts.Tree, all []parts.Part) (pairs [][]string) {
	t.Helper()
	touched := make([][]string, len(all))
	for i, p := range all {
		after, _, err := parts.Remove(before, []parts.Part{p})
		if err != nil {
			t.Fatal(err)
		}
		for name := range before {
			if strings.HasSuffix(name, ".go") && after[name] != before[name] && name != "internal/app/features.go" {
				touched[i] = append(touched[i], name)
			}
		}
		for j := range i {
			if slices.ContainsFunc(touched[j], func(name string) bool { return slices.Contains(touched[i], name) }) {
				pairs = append(pairs, []string{all[j].Name, p.Name})
			}
		}
	}
	return pairs
}
