package main

import (
	"strings"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/testkit/clone"
)

// starter makes a small starter with a history of three versions, and a project that began as a copy of the first one's files.
func starter(t *testing.T) (from, project *clone.Copy) {
	t.Helper()
	files := map[string]string{
		".gitignore":                "/bin/\n",
		"go.mod":                    "module example.com/small\n\ngo 1.26\n",
		"views/page.go":             "package views\n\nconst Site = \"Small\"\n",
		"CHANGELOG.md":              "# Changelog\n\n## 0.1.0\n\n- All.\n",
		"internal/core/core.go":     "package core\n\n// One is one.\nconst One = 1\n\n// Two is two.\nconst Two = 2\n\n// Three is three.\nconst Three = 3\n",
		"internal/features/a/a.go":  "package a\n\nconst A = 1\n",
		"docs/long.md":              "One.\n\nTwo.\n\nThree.\n",
		"docs/unused.md":            "Unused.\n",
		"internal/rename/main.go":   "package main\n",
		"migrations/00001_base.sql": "-- +goose Up\n",
	}
	from, project = clone.Empty(t), clone.Empty(t)
	for name, text := range files {
		from.Write(name, text)
		project.Write(name, text)
	}
	from.Init()
	project.Init()
	return from, project
}

// release changes the starter to its next version.
func release(c *clone.Copy, version, entry string, edits map[string]string) {
	for name, text := range edits {
		c.Write(name, text)
	}
	c.Write("CHANGELOG.md", strings.Replace(c.Read("CHANGELOG.md"), "# Changelog\n", "# Changelog\n\n## "+version+"\n\n- "+entry+"\n", 1))
	c.Commit("Release " + version)
}

func TestUpdateOverTwoVersions(t *testing.T) {
	from, c := starter(t)
	// The project goes its own way: an edit near one of the starter's, a section and a migration of its own, a deleted file.
	core := c.Read("internal/core/core.go")
	c.Write("internal/core/core.go", strings.Replace(core, "const Three = 3", "const Three = 33", 1))
	c.Write("internal/sections/mine/mine.go", "package mine\n")
	c.Write("migrations/10001_mine.sql", "-- +goose Up\n")
	c.Write("CHANGELOG.md", "# Changelog\n\n## 5.0.0\n\n- Mine.\n\n## 0.1.0\n\n- All.\n")
	c.Run("git", "rm", "-q", "docs/unused.md")
	c.Commit("Mine")
	head := c.Run("git", "rev-parse", "HEAD")

	release(from, "0.2.0", "**Security**: one is more than it was.", map[string]string{
		"internal/core/core.go": strings.Replace(core, "const One = 1", "const One = 11", 1), "internal/features/b/b.go": "package b\n",
		"docs/unused.md": "Not used.\n", "migrations/00002_more.sql": "-- +goose Up\n",
	})
	before := c.Tree()
	report, err := upstream(t.Context(), c.Dir, options{from: from.Dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{"to 0.2.0", "0.2.0    **Security**: one is more", "internal/core", "+1     -1", "b is new", patchFile} {
		if !strings.Contains(report, says) {
			t.Errorf("it does not say %q:\n%s", says, report)
		}
	}
	if strings.Contains(report, "All.") {
		t.Errorf("it tells what was there before:\n%s", report)
	}
	if patch := c.Read(patchFile); !strings.Contains(patch, "+const One = 11") {
		t.Errorf("the patch is %q", patch)
	}
	after := c.Tree()
	delete(after, patchFile)
	for name := range after {
		if after[name] != before[name] {
			t.Errorf("looking changes %s", name)
		}
	}

	if report, err = upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true}); err == nil || !strings.Contains(err.Error(), "CHANGELOG.md") {
		t.Fatalf("both wrote at the top of CHANGELOG: %s %v", report, err)
	}
	if log := c.Read("CHANGELOG.md"); !strings.Contains(log, "<<<<<<<") || !strings.Contains(log, ">>>>>>>") {
		t.Errorf("a conflict is %q", log)
	}
	c.Write("CHANGELOG.md", "# Changelog\n\n## 5.0.1\n\n- Both.\n")
	c.Commit("Merge")
	if got := c.Run("git", "rev-parse", "main"); got != head {
		t.Errorf("something was committed to the person's branch")
	}
	if got := strings.TrimSpace(c.Run("git", "branch", "--show-current")); got != "upstream-0.2.0" {
		t.Errorf("the branch is %s", got)
	}
	expect(t, c, map[string]string{
		"internal/core/core.go": strings.NewReplacer("const One = 1", "const One = 11", "const Three = 3", "const Three = 33").Replace(core),
		"docs/unused.md":        "", "internal/features/b/b.go": "package b\n", "migrations/00002_more.sql": "-- +goose Up\n", "internal/sections/mine/mine.go": "package mine\n",
	})
	stamp, err := origin.Read(c.Dir)
	if err != nil || stamp.Version != "0.2.0" || stamp.Commit != strings.TrimSpace(from.Run("git", "rev-parse", "HEAD")) {
		t.Errorf("the stamp is %+v (%v)", stamp, err)
	}
	c.Run("git", "switch", "-q", "main")
	c.Run("git", "merge", "-q", "upstream-0.2.0")

	release(from, "0.3.0", "Two.", map[string]string{"internal/core/core.go": strings.NewReplacer("const One = 1", "const One = 11", "const Two = 2", "const Two = 22").Replace(core)})
	from.Run("git", "bundle", "create", "-q", c.Dir+"/bin/starter.bundle", "HEAD", "main")
	if report, err = upstream(t.Context(), c.Dir, options{from: "bin/starter.bundle", apply: true}); err == nil {
		t.Errorf("CHANGELOG was the person's: %s", report)
	}
	c.Run("git", "checkout", "-q", "--ours", "CHANGELOG.md")
	c.Commit("Merge")
	expect(t, c, map[string]string{"internal/core/core.go": strings.NewReplacer("const One = 1", "const One = 11", "const Two = 2", "const Two = 22", "const Three = 3", "const Three = 33").Replace(core)})
	if n := strings.Count(c.Run("git", "log", "--format=%s"), "Note which starter"); n != 1 {
		t.Errorf("the starter was made an ancestor %d times", n)
	}
	if report, err = upstream(t.Context(), c.Dir, options{from: from.Dir}); err != nil || !strings.Contains(report, "Nothing is new") {
		t.Errorf("once more: %s %v", report, err)
	}
	if report, err = upstream(t.Context(), c.Dir, options{from: from.Dir, to: "HEAD~1", apply: true}); err != nil || !strings.Contains(report, "Nothing is new") {
		t.Errorf("an older version: %s %v", report, err)
	}
}

func expect(t *testing.T, c *clone.Copy, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if got := c.Read(name); got != text {
			t.Errorf("%s is %q, not %q", name, got, text)
		}
	}
}

// TestACleanMergeIsCommittedOnItsBranch is an update that meets nothing of the person's.
func TestACleanMergeIsCommittedOnItsBranch(t *testing.T) {
	from, c := starter(t)
	c.Write("mine.txt", "Mine.\n")
	c.Commit("Mine")
	release(from, "0.2.0", "More.", map[string]string{"docs/long.md": "One!\n\nTwo.\n\nThree.\n"})
	report, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true})
	if err != nil || !strings.Contains(report, "Merged on the branch upstream-0.2.0") {
		t.Fatalf("%s %v", report, err)
	}
	expect(t, c, map[string]string{"docs/long.md": "One!\n\nTwo.\n\nThree.\n", "mine.txt": "Mine.\n"})
	if out := c.Run("git", "status", "--porcelain"); out != "" {
		t.Errorf("something is not committed: %s", out)
	}
	stamp, err := origin.Read(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if at := stamp.Updated(c.Dir); at == "" || c.Run("git", "show", at+":docs/long.md") != "One!\n\nTwo.\n\nThree.\n" || c.Run("git", "ls-tree", at, "mine.txt") != "" {
		t.Errorf("prune finds the starter as it is now in %q", at)
	}
	c.Run("git", "switch", "-q", "main")
	expect(t, c, map[string]string{"docs/long.md": "One.\n\nTwo.\n\nThree.\n"})
	if _, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true}); err == nil || !strings.Contains(err.Error(), "upstream-0.2.0") {
		t.Errorf("a branch that is there already: %v", err)
	}
}

func TestWhatAnUpdateRefuses(t *testing.T) {
	from, c := starter(t)
	release(from, "0.2.0", "More.", map[string]string{"migrations/00007_theirs.sql": "-- +goose Up\n"})
	if _, err := upstream(t.Context(), c.Dir, options{}); err == nil || !strings.Contains(err.Error(), "FROM=") {
		t.Errorf("nothing to update from: %v", err)
	}
	if _, err := upstream(t.Context(), c.Dir, options{from: from.Dir, to: "v9"}); err == nil || !strings.Contains(err.Error(), "no v9") {
		t.Errorf("an unknown version: %v", err)
	}
	c.Write("mine.txt", "x")
	if _, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true}); err == nil || !strings.Contains(err.Error(), "mine.txt") {
		t.Errorf("what is not committed: %v", err)
	}
	c.Write("migrations/00007_mine.sql", "-- +goose Up\n")
	c.Commit("Mine")
	if _, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true}); err == nil || !strings.Contains(err.Error(), "same number") {
		t.Errorf("two migrations of one number: %v", err)
	}
}

// TestWhereTheProjectBegan finds the starter's commit by the stamp, by the history, or as it is told.
func TestWhereTheProjectBegan(t *testing.T) {
	from, c := starter(t)
	first := strings.TrimSpace(from.Run("git", "rev-parse", "HEAD"))
	release(from, "0.2.0", "More.", map[string]string{"docs/long.md": "One!\n\nTwo.\n\nThree.\n"})
	found := func(o options) {
		t.Helper()
		o.from = from.Dir
		if report, err := upstream(t.Context(), c.Dir, o); err != nil || !strings.Contains(report, "from 0.1.0 ("+first[:12]+") to 0.2.0") {
			t.Errorf("%s %v", report, err)
		}
	}
	stamp := origin.Stamp{Version: "0.1.0", Commit: strings.Repeat("0", 40), Tree: strings.Repeat("1", 40), Module: "example.com/small", Name: "Small"}
	c.Write("mine.txt", "Mine.\n")
	c.Commit("Mine")
	found(options{})
	c.Write(origin.File, string(stamp.Bytes()))
	c.Commit("A stamp that fits nothing")
	found(options{})

	// A copy whose first commit is no state of the starter's.
	c.Run("rm", "-rf", ".git")
	c.Init()
	_, err := upstream(t.Context(), c.Dir, options{from: from.Dir})
	for _, says := range []string{"000000000000", "STARTER=<commit>", "0.1.0", "The nearest is STARTER=" + first[:12] + ": 10 of 12 files"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("it does not say %q: %v", says, err)
		}
	}
	found(options{base: first})
	if _, err := upstream(t.Context(), c.Dir, options{from: from.Dir, base: "v7"}); err == nil || !strings.Contains(err.Error(), "STARTER=v7") {
		t.Errorf("a commit that is not there: %v", err)
	}
	for text, says := range map[string]string{"{": "damaged", `{"version": "0.1.0"}`: "module and name", "<<<<<<< HEAD\n": "damaged"} {
		c.Write(origin.File, text)
		if _, err := upstream(t.Context(), c.Dir, options{from: from.Dir}); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), origin.File) {
			t.Errorf("a stamp of %q: %v", text, err)
		}
	}
}
