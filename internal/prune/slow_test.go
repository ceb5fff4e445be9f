//go:build slow

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/parts"
	"example.com/latchkey/internal/testkit/clone"
)

// lists are the tests of app and config which hold the tables of the documentation, the map and the arrows to the code.
const lists = "Routes|Arrows|Lists|Limits|Settings|Exports|Readme|DeadLink|Keys|Table|Title"

// TestWhatIsLeftWorks takes parts out of a copy of the starter: all at once, each alone, and each two that change a file of
// code together. What is left must be whole:
//
//   - without all that takes nothing else along, lint and every test that can run here;
//   - without one, make prune, which asks go vet, and the short tests of each package that was changed;
//   - without two, a build, go vet of the packages that both have changed (of any other, one of them was alone), and the
//     lists. That each two leave the text that one after the other leaves is TestNothingSaysWhatIsGone.
//
// It prints a table, and writes it to the file that PRUNES names. It takes long: make prunes, and .ci/run.
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
	var names, loose []string
	for _, p := range all {
		if names = append(names, p.Name); len(p.Needs) == 0 {
			loose = append(loose, p.Name)
		}
	}
	table := table{"seconds  result  without"}
	defer table.show(t)
	try := func(check func(t *testing.T, c *clone.Copy), names ...string) {
		t.Run(strings.Join(names, " "), func(t *testing.T) {
			c, began := c.For(t), time.Now()
			defer func() {
				t.Log(table.add(names, time.Since(began), t.Failed()))
				c.Run("git", "reset", "-q", "--hard")
				c.Run("git", "clean", "-q", "-fd")
			}()
			check(t, c)
		})
	}
	try(func(t *testing.T, c *clone.Copy) {
		c.Run("make", "prune", "WITHOUT="+strings.Join(loose, " "))
		c.Run("make", "lint")
		noDeadNames(t, c)
		noTraces(t, c, all, loose...)
		goTest(t, c, "./...")
	}, loose...)
	for _, name := range names {
		try(func(t *testing.T, c *clone.Copy) {
			c.Run("make", "prune", "WITHOUT="+name)
			noDeadNames(t, c)
			noTraces(t, c, all, name)
			if dirs := changed(c); len(dirs) > 0 {
				goTest(t, c, append(dirs, "-short")...)
			}
			goTest(t, c, "./internal/app", "./internal/config", "-short", "-run", lists)
		}, name)
	}
	for _, two := range together(t, before, all) {
		try(func(t *testing.T, c *clone.Copy) {
			after, err := without(before, all, two.names...)
			if err == nil {
				_, err = write(t.Context(), c.Dir, before, after)
			}
			if err != nil {
				t.Fatal(err)
			}
			c.Run("go", "build", "./...")
			c.Run("go", append([]string{"vet", "./internal/app"}, two.packages(after)...)...)
			goTest(t, c, "./internal/app", "./internal/config", "-short", "-run", lists)
		}, two.names...)
	}
}

// A table has a row for each combination that was tried.
type table []string

func (rows *table) add(names []string, took time.Duration, failed bool) string {
	result := "ok"
	if failed {
		result = "FAILED"
	}
	row := fmt.Sprintf("%7.0f  %-6s  %s", took.Seconds(), result, strings.Join(names, " "))
	*rows = append(*rows, row)
	return row
}

// show prints the table, and writes it to a file if it was asked to.
func (rows *table) show(t *testing.T) {
	text := strings.Join(*rows, "\n") + "\n"
	t.Log("\n" + text)
	if file := os.Getenv("PRUNES"); file != "" {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// mayBeSkipped says why a test need not run in a copy that was cut down.
var mayBeSkipped = regexp.MustCompile(`-short|copy|about the starter`)

// goTest runs tests of the copy, and fails if one of them does.
func goTest(t *testing.T, c *clone.Copy, args ...string) {
	t.Helper()
	out, err := c.Try("go", append([]string{"test", "-json", "-timeout", "30m"}, args...)...)
	failures, skipped := results(out)
	if err != nil {
		t.Fatalf("go test %s: %v\n%s", strings.Join(args, " "), err, failures)
	}
	if skipped != "" && os.Getenv("CI") == "true" {
		t.Errorf("skipped, where nothing may be:\n%s", skipped)
	}
}

// results returns what failed tests have said, and those that were skipped for another reason than that they run in a copy, or
// take long and were not asked for.
func results(out string) (failures, skipped string) {
	said := map[string]string{}
	for line := range strings.Lines(out) {
		var e struct{ Action, Package, Test, Output string }
		if json.Unmarshal([]byte(line), &e) != nil {
			failures += line // of what could not be built
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			said[key] += e.Output
		case "fail":
			failures += said[key]
		case "build-fail":
			failures += said[" "]
		case "skip":
			if e.Test != "" && !mayBeSkipped.MatchString(said[key]) {
				skipped += said[key]
			}
		}
	}
	return failures, skipped
}

// TestNoSkipIsTakenForASuccess reads what two tests say that skip themselves, each for a reason of its own.
func TestNoSkipIsTakenForASuccess(t *testing.T) {
	c := clone.Empty(t)
	c.Write("go.mod", "module example.com/skips\n\ngo 1.26\n")
	c.Write("a_test.go", "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { t.Skip(\"no Chromium here\") }\n\nfunc TestB(t *testing.T) { t.Skip(\"takes long; not with -short\") }\n")
	failures, skipped := results(c.Run("go", "test", "-json", "./..."))
	if failures != "" || !strings.Contains(skipped, "no Chromium here") || strings.Contains(skipped, "TestB") {
		t.Errorf("failures %q, skipped %q", failures, skipped)
	}
	c.Write("a_test.go", "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { t.Error(\"one\") }\n")
	out, err := c.Try("go", "test", "-json", "./...")
	if failures, _ := results(out); err == nil || !strings.Contains(failures, "one") {
		t.Errorf("failures %q", failures)
	}
	c.Write("a_test.go", "package a\n\nfunc broken() { none() }\n")
	out, err = c.Try("go", "test", "-json", "./...")
	if failures, _ := results(out); err == nil || !strings.Contains(failures, "none") {
		t.Errorf("failures %q of %s", failures, out)
	}
}

var (
	deadName    = regexp.MustCompile(` names | links to `)
	emptyFolder = regexp.MustCompile(`: stat internal/(features|sections):`)
)

// noDeadNames holds that the documentation names no test, file or exported name that is not there, and links to no page that is
// gone. Folders in which there may be nothing yet are no file of git.
func noDeadNames(t *testing.T, c *clone.Copy) {
	t.Helper()
	out, err := c.Try("go", "run", "./internal/budget")
	for line := range strings.Lines(out) {
		if err != nil && deadName.MatchString(line) && !emptyFolder.MatchString(line) {
			t.Error(line)
		}
	}
}

// examples are files that may name a part that is not there, for an example; the stamp; and sums of modules of modules.
var examples = regexp.MustCompile(`^internal/feature/|^internal/generate/\w+_test\.go$|^\.starter\.json$|^go\.sum$|\.(svg|png|woff2)$`)

// noTraces holds that no file says a word of what is gone. What tools have written is looked at here: pages, go.mod, the map, rows
// about modules.
func noTraces(t *testing.T, c *clone.Copy, all []parts.Part, names ...string) {
	t.Helper()
	tree, err := parts.Read(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	gone, err := parts.Of(all, names)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range gone {
		for _, word := range p.Words {
			match := regexp.MustCompile(word)
			for name, text := range tree {
				if found := match.FindString(text); found != "" && !examples.MatchString(name) {
					t.Errorf("%s says %q, without %s", name, found, p.Name)
				}
			}
		}
	}
}

// changed are the packages with a file of Go that is changed, and not only gone.
func changed(c *clone.Copy) (dirs []string) {
	for line := range strings.Lines(c.Run("git", "diff", "--name-only", "--diff-filter=AM", "--", "*.go")) {
		dirs = append(dirs, "./"+path.Dir(strings.TrimSpace(line)))
	}
	slices.Sort(dirs)
	return slices.DeleteFunc(slices.Compact(dirs), func(dir string) bool { return dir == "./internal/app" }) // of app, the lists
}

// A pair is two parts that both change or delete the same file of code.
type pair struct {
	names []string
	files []string // which both of them change or delete
}

// packages are those of files that stay.
func (p pair) packages(after parts.Tree) (dirs []string) {
	for _, name := range p.files {
		if _, stays := after[name]; stays {
			dirs = append(dirs, "./"+path.Dir(name))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// without is the project without these, and those that go along.
func without(before parts.Tree, all []parts.Part, names ...string) (parts.Tree, error) {
	chosen, err := parts.Of(all, names)
	if err != nil {
		return nil, err
	}
	after, _, err := parts.Remove(before, chosen)
	return after, err
}

// together are all pairs.
func together(t *testing.T, before parts.Tree, all []parts.Part) (pairs []pair) {
	t.Helper()
	touched := make([]map[string]bool, len(all))
	for i, p := range all {
		after, err := without(before, all, p.Name)
		if err != nil {
			t.Fatal(err)
		}
		touched[i] = map[string]bool{}
		for name := range before {
			if strings.HasSuffix(name, ".go") && after[name] != before[name] && name != "internal/app/features.go" {
				touched[i][name] = true
			}
		}
		for j := range i {
			if slices.Contains(p.Needs, all[j].Name) || slices.Contains(all[j].Needs, p.Name) {
				continue // one takes the other along
			}
			two := pair{names: []string{all[j].Name, p.Name}}
			for name := range touched[i] {
				if touched[j][name] {
					two.files = append(two.files, name)
				}
			}
			if len(two.files) > 0 {
				pairs = append(pairs, two)
			}
		}
	}
	return pairs
}
