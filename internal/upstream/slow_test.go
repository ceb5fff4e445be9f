//go:build slow

package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/parts"
	"example.com/latchkey/internal/testkit/clone"
	"example.com/latchkey/internal/upstream/tools"
)

const (
	featureList = "internal/app/features.go"
	home        = "internal/pages/home/pages.templ"
	version     = "cmd/latchkey/version.go"
)

// TestARealProjectIsUpdated makes a project of the starter as a person would: renamed, cut down, with a section that make wrote, a field
// more, and edits by hand. Then it is updated over two versions, of which the second meets an edit. What comes of it builds, is as
// make lint wants its generated files, and passes its tests. It takes minutes: make slow, and .ci/run.
func TestARealProjectIsUpdated(t *testing.T) {
	from := clone.New(t)
	if from.Read(origin.File) != "" {
		t.Skip("about the starter; this is a project that was made from it")
	}
	from.Init()
	small := smallest(t, from)
	one, other := small[0], small[1]
	c := clone.At(t, filepath.Join(t.TempDir(), "a project of mine"))
	run := func(name string, args ...string) string {
		t.Helper()
		began := time.Now()
		out := c.Run(name, args...)
		t.Logf("%4.0f s  %s %s", time.Since(began).Seconds(), name, strings.Join(args, " "))
		return out
	}

	c.Init() // a copy without the history, as "use this template" makes one
	run("make", "rename", "MODULE=github.com/you/gizmo", "NAME=Gizmo")
	c.Commit("Rename")
	run("make", "prune", "WITHOUT="+one.Name+" "+other.Name)
	c.Commit("Prune")
	pruned := strings.TrimSpace(c.Run("git", "rev-parse", "HEAD"))
	run("make", "section", "NAME=parcels", "FIELDS=sender:text! due:date?")
	run("make", "field", "SECTION=parcels", "FIELD=note:long?")
	c.Commit("A section")
	edit(t, c, home, "Log out is final", "Log out is the end")
	edit(t, c, "CHANGELOG.md", "\n- ", "\n- Mine.\n- ")
	run("make", "generate")
	c.Run("git", "rm", "-q", "CONTRIBUTING.md")
	c.Run("git", "mv", "docs/security-checklist.md", "docs/schnell & gut.md")
	c.Commit("Mine")
	head, log := c.Run("git", "rev-parse", "HEAD"), c.Read("CHANGELOG.md")

	// The first release changes code under its own names, what was taken out, a page beside an edit, a file that was deleted and one
	// that was moved, and brings a migration.
	gone := one.Dir + "/" + filepath.Base(firstGo(from, one))
	edit(t, from, "CHANGELOG.md", "\n## ", "\n## 0.2.0\n\n- A page says more.\n- **Security**: version says more.\n\n## ")
	edit(t, from, version, "package main\n", "package main\n\n// Every release has a number.\n")
	edit(t, from, gone, "package ", "// Once more.\npackage ")
	edit(t, from, home, "Your data is yours", "Your data are yours")
	edit(t, from, "CONTRIBUTING.md", "You need Go", "You do need Go")
	edit(t, from, "docs/security-checklist.md", "\n", "\n\nQuick.\n")
	from.Write("migrations/00099_later.sql", "-- +goose Up\nCREATE TABLE later (id TEXT NOT NULL PRIMARY KEY);\n-- +goose Down\nDROP TABLE later;\n")
	from.Run("make", "generate")
	from.Commit("Release 0.2.0")
	report := run("make", "-s", "upstream", "FROM="+from.Dir, "APPLY=1")
	for _, says := range []string{
		"Security, which you want to have:\n  0.2.0    **Security**: version says more.\n\nNews:\n  0.2.0    A page says more.",
		"cmd/gizmo ", "They stay deleted:\n  CONTRIBUTING.md\n", "Merged on the branch upstream-0.2.0",
	} {
		if !strings.Contains(report, says) {
			t.Errorf("it does not say %q:\n%s", says, report)
		}
	}
	if strings.Contains(report, "\n  "+one.Name+" ") {
		t.Errorf("it tells of what was taken out:\n%s", report)
	}
	t.Log(report)
	if got := c.Run("git", "rev-parse", "main"); got != head {
		t.Error("something was committed to the person's branch")
	}
	base := strings.TrimSpace(c.Run("git", "log", "--format=%H", "--grep=^"+origin.Mark+"0.1.0"))
	if differs := c.Run("git", "diff", "--stat", pruned, base, "--", ".", ":!*_templ.go", ":!"+tools.Routes); differs != "" {
		t.Errorf("the starter that the project was made of is not as its own make rename and make prune left it:\n%s", differs)
	}
	c.Run("git", "switch", "-q", "main")
	c.Run("git", "merge", "-q", "upstream-0.2.0")

	// The second one meets an edit.
	edit(t, from, "CHANGELOG.md", "\n## ", "\n## 0.3.0\n\n- Other words.\n\n## ")
	edit(t, from, home, "Log out is final", "Log out is for good")
	edit(t, from, version, "// Every release has a number.", "// Each release has a number.")
	from.Run("make", "generate")
	from.Commit("Release 0.3.0")
	out, err := c.Try("make", "-s", "upstream", "FROM="+from.Dir, "APPLY=1")
	if err == nil || !strings.Contains(out, home+": both have changed the same lines") {
		t.Fatalf("both have changed a line of %s: %v\n%s", home, err, out)
	}
	t.Log(out)
	if page := c.Read(home); !strings.Contains(page, "<<<<<<<") || !strings.Contains(page, "Log out is the end") || !strings.Contains(page, "Log out is for good") {
		t.Error("there are no markers")
	}
	c.Run("git", "checkout", "-q", "--ours", home)
	_, todo, _ := strings.Cut(out, "Edit these, then\n") // as the message says
	todo, _, _ = strings.Cut(todo, "\n  make test")
	run("sh", "-ec", todo)

	for name, want := range map[string]string{
		"cmd/gizmo/version.go": "// Each release has a number.", home: "Log out is the end", "migrations/00099_later.sql": "later",
		"internal/sections/parcels/store.go": "github.com/you/gizmo", featureList: "parcels.New", origin.File: `"0.3.0"`,
		"docs/schnell & gut.md": "Quick.", "internal/pages/home/pages_templ.go": "Your data are yours",
	} {
		if !strings.Contains(c.Read(name), want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
	for _, name := range []string{"CONTRIBUTING.md", "docs/security-checklist.md", gone, firstGo(from, other), version} {
		if c.Read(name) != "" {
			t.Errorf("%s is back", name)
		}
	}
	if c.Read("CHANGELOG.md") != log {
		t.Error("the project's own CHANGELOG was changed")
	}
	run("make", "lint")
	run("go", "test", "-short", "./...")
	if left := c.Run("git", "status", "--porcelain"); left != "" {
		t.Errorf("tools write something else:\n%s", left)
	}
}

// smallest returns the starter's capabilities, those of the fewest lines first: any two will do.
func smallest(t *testing.T, c *clone.Copy) []parts.Part {
	t.Helper()
	tree := parts.Tree(c.Tree())
	all, err := parts.All(tree)
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(p parts.Part) bool { return !strings.HasPrefix(p.Dir, "internal/features/") })
	slices.SortFunc(all, func(a, b parts.Part) int {
		x, _ := a.Lines(tree)
		y, _ := b.Lines(tree)
		return x - y
	})
	return all
}

// firstGo is a file of the part.
func firstGo(c *clone.Copy, p parts.Part) string {
	holds := p.Holds(parts.Tree(c.Tree()))
	return holds[slices.IndexFunc(holds, func(name string) bool { return strings.HasPrefix(name, p.Dir+"/") && strings.HasSuffix(name, ".go") })]
}

func edit(t *testing.T, c *clone.Copy, name, old, text string) {
	t.Helper()
	if !strings.Contains(c.Read(name), old) {
		t.Fatalf("%s does not say %q", name, old)
	}
	c.Write(name, strings.Replace(c.Read(name), old, text, 1))
}
