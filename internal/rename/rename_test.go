//go:build starter

package main

import (
	"go/format"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/testkit/clone"
)

// project makes a folder with the least that rename needs, called like these names.
func project(t *testing.T, n Names) *clone.Copy {
	t.Helper()
	c := clone.Empty(t)
	c.Write("go.mod", "module "+n.Module+"\n\ngo 1.26\n")
	c.Write("views/page.go", "package views\n\nconst Site = \""+n.Name+"\"\n")
	c.Write("cmd/"+n.Program+"/main.go", "package main\n\nimport (\n\t\"fmt\"\n\n\t\""+n.Module+"/views\"\n)\n\nfunc main() { fmt.Println(views.Site) }\n")
	return c
}

func rootOf(c *clone.Copy, module, name string) error {
	_, err := rename(c.Dir, module, name)
	return err
}

func TestWhatIsRefused(t *testing.T) {
	c := project(t, Names{"example.com/old", "Old", "old"})
	before := c.Tree()
	for _, n := range []struct{ module, name string }{
		{"", "App"},
		{"github.com/you/app; rm -rf", "App"},
		{"GITHUB.com/../x", "App"},
		{"/app", "App"},
		{"app/", "App"},
		{"a//b", "App"},
		{"-app", "App"},
		{"github.com/you/app/v1", "App"}, // versions begin with v2
		{"github.com/you/vendor", "App"}, // builds nothing below it
		{"github.com/vendor/app", "App"},
		{"vendor", "App"},
		{"github.com/you/testdata", "App"},
		{"github.com/you/testdata/v2", "App"},
		{"github.com/you/_", "App"}, // no name for the program
		{"all", "App"},
		{"main", "App"},
		{"tool", "App"},
		{"cmd", "App"},
		{"cmd/gizmo", "App"},
		{"net", "App"},
		{"net/app", "App"}, // is looked for in the standard library
		{"internal", "App"},
		{"con", "App"}, // a device of Windows
		{"github.com/you/app", ""},
		{"github.com/you/app", " "},
		{"github.com/you/app", "A\"pp"},
		{"github.com/you/app", "<b>"},
		{"github.com/you/app", "A\nB"},
	} {
		if err := rootOf(c, n.module, n.name); err == nil {
			t.Errorf("%q %q was accepted", n.module, n.name)
		} else if which := map[bool]string{true: "MODULE=", false: "NAME="}[n.name == "App"]; !strings.Contains(err.Error(), which) {
			t.Errorf("%q %q: %v", n.module, n.name, err)
		}
	}
	if !same(t, before, c.Tree()) {
		t.Error("a refusal changed something")
	}
}

func TestWhatIsAccepted(t *testing.T) {
	for module, program := range map[string]string{
		"myapp": "myapp", "corp/app": "app", "app": "app", "test": "test", "example/app": "app", "github.com/you/My-App": "my-app",
		"github.com/you/app/v2": "app", "example.org/a.b": "a-b", "github.com/you/c++": "c", "git.example.org/~you/app": "app",
		"github.com/you/internal": "internal", "github.com/You/App_2": "app_2", "v2": "v2", "example.org": "example-org",
	} {
		t.Run(module, func(t *testing.T) {
			c := project(t, Names{"example.com/old", "Old", "old"})
			if err := rootOf(c, module, "Acme, Inc. & Köche's"); err != nil {
				t.Fatal(err)
			}
			if got := c.Run("go", "run", "./cmd/"+program); got != "Acme, Inc. & Köche's\n" {
				t.Errorf("it prints %q", got)
			}
		})
	}
}

// TestTheNameHoldsTheOldOne renames twice to the same, and then from there.
func TestTheNameHoldsTheOldOne(t *testing.T) {
	c := project(t, Names{"example.com/old", "Old", "old"})
	c.Write("README.md", "# Old\n\nOld is [good](docs/good.md), [more](LICENSE), [most](https://example.org).\n")
	c.Write("CHANGELOG.md", "# Changelog\n\n## 1.2.3\n\n- All.\n")
	c.Write("docs/good.md", "`old user` in bin/old and `cmd/old`, older, bold, cold user, old hat\n")
	c.Write("docs/all.md", "[README](../README.md#old)\n")
	c.Write("docs/how/one.md", "[README](../../README.md), [all](../all.md)\n")
	if err := rootOf(c, "example.com/old-pro", "Old Pro"); err != nil {
		t.Fatal(err)
	}
	once := c.Tree()
	for name, want := range map[string]string{
		"docs/good.md":        "`old-pro user` in bin/old-pro and `cmd/old-pro`, older, bold, cold user, old hat\n",
		"docs/all.md":         "[README](starter.md#old)\n",
		"docs/how/one.md":     "[README](../starter.md), [all](../all.md)\n",
		"views/page.go":       "package views\n\nconst Site = \"Old Pro\"\n",
		"docs/starter.md":     "# Old, the starter\n\nOld Pro was made from it. What follows is the starter's own README.\n\nOld is [good](good.md), [more](../LICENSE), [most](https://example.org).\n",
		"CHANGELOG.md":        "# Changelog\n\nThe newest first. `old-pro version` prints the number at the top.\n\n## 1.2.3\n\n- Made from the starter Old 1.2.3 ([what it is](docs/starter.md)).\n",
		"cmd/old-pro/main.go": "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.com/old-pro/views\"\n)\n\nfunc main() { fmt.Println(views.Site) }\n",
	} {
		if once[name] != want {
			t.Errorf("%s is %q", name, once[name])
		}
	}
	if readme := once["README.md"]; !strings.HasPrefix(readme, "# Old Pro\n") || strings.Contains(readme, "good") {
		t.Errorf("README is %q", readme)
	}
	report, err := rename(c.Dir, "example.com/old-pro", "Old Pro")
	if err != nil || !strings.Contains(report, "already") || !same(t, once, c.Tree()) {
		t.Errorf("once more: %q %v", report, err)
	}
	c.Write("README.md", "# Old Pro\n\nMine.\n")
	if err := rootOf(c, "shop", "The Shop"); err != nil {
		t.Fatal(err)
	}
	if got := c.Read("README.md"); got != "# The Shop\n\nMine.\n" {
		t.Errorf("README is %q", got)
	}
	if got := c.Run("go", "run", "./cmd/shop"); got != "The Shop\n" {
		t.Errorf("it prints %q", got)
	}
}

// TestOnlyWhatIsTheProjects holds that nothing else is touched: what git ignores, git's own file in a worktree, vendored
// packages, binaries; and that it goes without git.
func TestOnlyWhatIsTheProjects(t *testing.T) {
	for _, way := range []string{"git", "worktree", "in another repository", "no git"} {
		t.Run(way, func(t *testing.T) {
			c := project(t, Names{"example.com/old", "Old", "old"})
			others := map[string]string{"data/x.txt": "cmd/old", "vendor/modules.txt": "# cmd/old", "a.png": "\x00cmd/old"}
			git := func(args ...string) {
				c.Run("git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.org"}, args...)...)
			}
			switch way {
			case "git", "worktree":
				others["mine.local"] = "cmd/old"
				c.Write(".gitignore", "/data/\n*.local\n")
				git("init", "-q")
				git("add", ".")
				git("commit", "-qm", "x")
			case "in another repository":
				git("init", "-q")
				c.Write(".gitignore", "/inner/\n")
				inner := clone.Empty(t)
				inner.Dir = filepath.Join(c.Dir, "inner")
				for name, text := range c.Tree() {
					inner.Write(name, text)
				}
				c = inner
			}
			if way == "worktree" {
				dir := filepath.Join(t.TempDir(), "tree")
				git("worktree", "add", "-q", dir)
				c.Dir = dir
				others[".git"] = c.Read(".git")
			}
			for name, text := range others {
				c.Write(name, text)
			}
			c.Write("new.md", "cmd/old\n") // git does not track it yet
			if err := rootOf(c, "github.com/you/gizmo", "App"); err != nil {
				t.Fatal(err)
			}
			for name, text := range others {
				if got := c.Read(name); got != text {
					t.Errorf("%s is %q", name, got)
				}
			}
			if got := c.Read("new.md"); got != "cmd/gizmo\n" {
				t.Errorf("a new file is %q", got)
			}
			if way == "worktree" {
				git("status")
			}
		})
	}
}

// starter returns a copy of the whole project, in a folder with a blank in its name. A project that is somebody's own
// already may say its name wherever it likes: there it skips the test.
func starter(t *testing.T) *clone.Copy {
	t.Helper()
	c := clone.At(t, filepath.Join(t.TempDir(), "a b"))
	if c.Read(starterFile) != "" {
		t.Skip("about the starter; this is a project that was made from it")
	}
	return c
}

// TestThereAndBack renames a copy of the whole project to names that are ordinary words in its code, and back: that
// nothing was missed and nothing else was hit shows in every file being what it was.
func TestThereAndBack(t *testing.T) {
	c := starter(t)
	before := c.Tree()
	now, err := present(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []Names{{Module: "github.com/you/app", Name: "Your App"}, {Module: "notes", Name: "Notes"}, {Module: "corp/email", Name: "A & B's"}, now} {
		if err := rootOf(c, n.Module, n.Name); err != nil {
			t.Fatal(err)
		}
	}
	after := c.Tree()
	for name, text := range before { // rename formats what it changes
		if formatted, err := format.Source([]byte(text)); err == nil && strings.HasSuffix(name, ".go") {
			before[name] = string(formatted)
		}
		if path.Dir(name) == "docs" { // a link to a heading of the starter's README follows it
			before[name] = strings.ReplaceAll(before[name], "(../README.md#", "(starter.md#")
		}
	}
	for _, own := range []string{"README.md", "CHANGELOG.md", starterFile, origin.File} {
		delete(before, own)
		delete(after, own)
	}
	same(t, before, after)
}

// TestNothingKeepsTheOldName holds that programPlaces name all places.
func TestNothingKeepsTheOldName(t *testing.T) {
	c := starter(t)
	now, err := present(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := rootOf(c, "github.com/you/app", "Your App"); err != nil {
		t.Fatal(err)
	}
	for name, text := range c.Tree() {
		if name == "LICENSE" || name == "CHANGELOG.md" || strings.HasSuffix(name, ".png") {
			continue // they tell where it comes from
		}
		for n, line := range strings.Split(text, "\n") {
			if name != starterFile { // which tells where it comes from, by the product's name
				line = strings.ToLower(line)
			}
			if strings.Contains(line, now.Program) {
				t.Errorf("%s:%d keeps the old name: %s", name, n+1, strings.TrimSpace(line))
			}
		}
	}
}

// TestARenamedCopyIsGreen renames a copy as README says, and one to a name with a comma, an ampersand, an apostrophe, an umlaut
// and words that tests type. make slow runs all tests there (of the first without those that take long); elsewhere those that say
// names.
func TestARenamedCopyIsGreen(t *testing.T) {
	for _, n := range []Names{
		{Module: "github.com/you/app", Name: "Your App", Program: "app"},
		{Module: "koeche", Name: "Ada's Garden, Kitchen & Köche", Program: "koeche"},
	} {
		t.Run(n.Name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("compiles a copy; not with -short")
			}
			c := starter(t)
			c.Run("make", "rename", "MODULE="+n.Module, "NAME="+n.Name)
			if got, err := present(c.Dir); err != nil || got != n {
				t.Errorf("it is called %+v (%v)", got, err)
			}
			if got := c.Run("go", "run", "./cmd/"+n.Program, "help", "config"); !strings.Contains(got, "sqlite:data/"+n.Program+".db") {
				t.Errorf("the data file keeps the old name:\n%s", got)
			}
			if got := c.Run("go", "run", "./cmd/"+n.Program, "--help"); strings.Contains(got, "starter") {
				t.Errorf("it calls itself a starter:\n%s", got)
			}
			c.Run("go", "vet", "./...")
			switch {
			case os.Getenv("SLOW") != "true":
				c.Run("go", "test", "-short", "./views/...", "./internal/config/...", "./internal/mail/...", "./internal/web/...", "./internal/sections/...", "./internal/rename/...")
				c.Run("go", "test", "-short", "./internal/app", "-run", "Lists|Routes|Arrows")
			case n.Program == "app":
				c.Run("make", "test", "RACE=", "TESTFLAGS=-short")
			default:
				c.Run("make", "test", "RACE=")
			}
		})
	}
}

// same reports whether two trees are one, and says of the first differences where they are.
func same(t *testing.T, before, after map[string]string) bool {
	t.Helper()
	var names []string
	for name := range before {
		names = append(names, name)
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	equal := true
	for _, name := range names {
		if before[name] == after[name] {
			continue
		}
		equal = false
		a, b := strings.Split(before[name], "\n"), strings.Split(after[name], "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Errorf("%s:%d\n- %s\n+ %s", name, i+1, a[i], b[i])
			}
		}
		if len(a) != len(b) {
			t.Errorf("%s has %d lines, not %d", name, len(b), len(a))
		}
	}
	return equal
}
