//go:build slow

package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/parts"
	"example.com/latchkey/internal/testkit/clone"
)

// TestARealProjectIsUpdated makes a project of the starter as a person would (renamed, cut down, with a section of its own and edits),
// and updates it over two versions. What comes of it builds and passes its tests. It takes long: make slow.
func TestARealProjectIsUpdated(t *testing.T) {
	from := clone.New(t)
	if from.Read(origin.File) != "" {
		t.Skip("about the starter; this is a project that was made from it")
	}
	tree, err := parts.Read(from.Init())
	if err != nil {
		t.Fatal(err)
	}
	all, err := parts.All(tree)
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(p parts.Part) bool { return !strings.HasPrefix(p.Dir, "internal/features/") })
	one, other := all[0], all[len(all)-1] // any two
	file := slices.IndexFunc(one.Holds(tree), func(name string) bool { return strings.HasSuffix(name, ".go") })
	gone := one.Holds(tree)[file]
	c := clone.At(t, filepath.Join(t.TempDir(), "project"))
	c.Init() // a copy without the history, as "use this template" makes one
	c.Run("make", "rename", "MODULE=github.com/you/gizmo", "NAME=Gizmo")
	c.Commit("Rename")
	c.Run("make", "prune", "WITHOUT="+one.Name+" "+other.Name)
	c.Commit("Prune")
	section := map[string]string{
		"internal/sections/hello/hello.go": `// Package hello greets.
package hello

import (
	"net/http"

	"github.com/you/gizmo/internal/feature"
	"github.com/you/gizmo/internal/web"
)

// New returns the section.
func New(*feature.Core) feature.Feature {
	return feature.Feature{Name: "hello", Routes: []web.Route{web.Private.At("GET /hello", func(w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write([]byte("Hello"))
		return err
	}).Titled("Hello")}}
}
`,
		"migrations/10002_hello.sql": "-- +goose Up\nCREATE TABLE hello (id TEXT NOT NULL PRIMARY KEY);\n-- +goose Down\nDROP TABLE hello;\n",
	}
	for name, text := range section {
		c.Write(name, text)
	}
	const features, home, lifetime = "internal/app/features.go", "internal/pages/home/pages.templ", "internal/config/config.go"
	edit := func(c *clone.Copy, name, old, text string) {
		t.Helper()
		if !strings.Contains(c.Read(name), old) {
			t.Fatalf("%s does not say %q", name, old)
		}
		c.Write(name, strings.Replace(c.Read(name), old, text, 1))
	}
	edit(c, features, "import (\n", "import (\n\t\"github.com/you/gizmo/internal/sections/hello\"\n")
	edit(c, features, "\t\t// Yours.\n", "\t\t// Yours.\n\t\tfeature.Private(\"/hello\", hello.New(core)),\n")
	edit(c, home, "Log out is final", "Log out is the end")
	c.Run("gofmt", "-w", features)
	c.Run("make", "generate")
	c.Write("internal/app/routes.txt", c.Run("make", "-s", "routes"))
	c.Run("git", "rm", "-q", "CONTRIBUTING.md")
	c.Commit("Mine")
	head := c.Run("git", "rev-parse", "HEAD")

	// The first release changes code under its own names, what was taken out, a page beside an edit, and a file that was deleted.
	edit(from, "CHANGELOG.md", "\n## ", "\n## 0.2.0\n\n- **Security**: doctor says more.\n\n## ")
	edit(from, "cmd/latchkey/version.go", "package main\n", "package main\n\n// Every release has a number.\n")
	edit(from, gone, "package ", "// Once more.\npackage ")
	edit(from, home, "Your data is yours", "Your data are yours")
	edit(from, "CONTRIBUTING.md", "You need Go", "You do need Go")
	from.Write("migrations/00099_later.sql", "-- +goose Up\nCREATE TABLE later (id TEXT NOT NULL PRIMARY KEY);\n-- +goose Down\nDROP TABLE later;\n")
	from.Run("make", "generate")
	from.Commit("Release 0.2.0")
	report := c.Run("make", "-s", "upstream", "FROM="+from.Dir, "APPLY=1")
	for _, says := range []string{"0.2.0: **Security**: doctor says more.", "cmd/gizmo", "Merged on the branch upstream-0.2.0"} {
		if !strings.Contains(report, says) {
			t.Errorf("it does not say %q:\n%s", says, report)
		}
	}
	if strings.Contains(report, "\n  "+one.Name+" ") {
		t.Errorf("it tells of what was taken out:\n%s", report)
	}
	if got := c.Run("git", "rev-parse", "main"); got != head {
		t.Error("something was committed to the person's branch")
	}
	c.Run("git", "switch", "-q", "main")
	c.Run("git", "merge", "-q", "upstream-0.2.0")

	// The second one meets an edit.
	edit(from, "CHANGELOG.md", "\n## ", "\n## 0.3.0\n\n- Other words.\n\n## ")
	edit(from, home, "Log out is final", "Log out is for good")
	edit(from, "cmd/latchkey/version.go", "// Every release has a number.", "// Each release has a number.")
	from.Run("make", "generate")
	from.Commit("Release 0.3.0")
	if out, err := c.Try("make", "-s", "upstream", "FROM="+from.Dir, "APPLY=1"); err == nil || !strings.Contains(out, home) {
		t.Fatalf("both have changed a line of %s: %v\n%s", home, err, out)
	}
	conflict := c.Read(home)
	if !strings.Contains(conflict, "<<<<<<<") || !strings.Contains(conflict, "Log out is the end") || !strings.Contains(conflict, "Log out is for good") {
		t.Error("there are no markers")
	}
	c.Run("git", "checkout", "-q", "--ours", home)
	c.Run("make", "generate")
	c.Commit("Merge")
	for name, want := range map[string]string{
		"cmd/gizmo/version.go": "// Each release has a number.", home: "Log out is the end", "migrations/00099_later.sql": "later",
		"internal/sections/hello/hello.go": "gizmo", features: "hello.New", origin.File: `"0.3.0"`,
	} {
		if !strings.Contains(c.Read(name), want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
	for _, name := range []string{"CONTRIBUTING.md", gone, other.Holds(tree)[0], "cmd/latchkey/version.go"} {
		if c.Read(name) != "" {
			t.Errorf("%s is back", name)
		}
	}
	c.Run("go", "vet", "./...")
	c.Run("go", "test", "-short", "./internal/app", "./internal/config", "./internal/migrate", "./internal/pages/...", "./internal/sections/...", "./views")
}
