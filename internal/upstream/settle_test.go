package main

import (
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit/clone"
)

// TestWhatIsYoursToDecide has each kind of conflict, beside what is decided without asking.
func TestWhatIsYoursToDecide(t *testing.T) {
	from, c := starter(t)
	for _, s := range []*clone.Copy{from, c} {
		for name, text := range map[string]string{
			"static/icon.png": "\x00icon", "docs/moved/a.md": "A is for apple, and what is more, for ape.\n", "docs/gone/b.md": "B.\n", "docs/kept.md": "Kept.\n", "docs/überall.md": "Über.\n",
			"docs/other/c.md": "C is for cat, and what is more, for cod.\n",
		} {
			s.Write(name, text)
		}
		s.Commit("More")
	}
	c.Write("static/icon.png", "\x00mine")
	c.Write("docs/kept.md", "Kept by me.\n")
	c.Write("docs/überall.md", "Mein.\n")
	c.Write("go.mod", c.Read("go.mod")+"\nexclude example.com/a v1.0.0\n")
	c.Write("migrations/7_mine.sql", "-- +goose Up\n")
	c.Run("git", "mv", "docs/moved", "docs/my place")
	c.Run("git", "mv", "docs/other", "docs/there")
	c.Run("git", "rm", "-rq", "docs/gone", "docs/unused.md")
	c.Commit("Mine")
	from.Run("git", "rm", "-q", "docs/kept.md")
	release(from, "0.2.0", "All.", map[string]string{
		"static/icon.png": "\x00theirs", "docs/moved/new.md": "New.\n", "docs/gone/new.md": "New.\n", "docs/gone/below/new.md": "New.\n", "docs/other/below/new.md": "New.\n", "docs/überall.md": "Ihr.\n", "docs/unused.md": "Used.\n",
		"go.mod": from.Read("go.mod") + "\nexclude example.com/b v1.0.0\n", "migrations/00007_theirs.sql": "-- +goose Up\n", "migrations/00001_base.sql": "-- +goose Up\n-- Anew.\n",
	})
	from.Run("chmod", "+x", "docs/long.md")
	from.Commit("Mode")
	before := c.Run("git", "rev-parse", "main")
	looked, err := upstream(t.Context(), c.Dir, options{from: from.Dir})
	if err != nil {
		t.Fatal(err)
	}
	report, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true})
	if err == nil {
		t.Fatal(report)
	}
	// What it said when it was only looked at is what is to decide now, but for numbers of migrations.
	_, foreseen, _ := strings.Cut(looked, "these will be yours to decide:\n")
	foreseen, _, _ = strings.Cut(foreseen, "Nothing is changed yet.")
	if !strings.Contains(err.Error(), "what is yours to decide:\n\n"+foreseen) || strings.Count(foreseen, "\n") != 5 {
		t.Errorf("it foresees\n%s\nand says\n%v", foreseen, err)
	}
	for _, says := range []string{
		"docs/kept.md: you have changed it, the starter has deleted it", "docs/my place/new.md: the starter's. You have moved it or its folder", "docs/other/below/new.md: the starter's. You have moved it or its folder",
		"docs/überall.md: both have changed the same lines", "static/icon.png: both have changed it, and git cannot merge that",
		"have the same number", "git add -A && git reset -q --hard && git switch main && git branch -D upstream-0.2.0",
	} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("it does not say %q:\n%v", says, err)
		}
	}
	if strings.Contains(err.Error(), "go.mod:") {
		t.Errorf("both ask for modules, and that is no conflict: %v", err)
	}
	for _, says := range []string{"They stay deleted:\n  docs/unused.md\n  docs/gone/below/new.md\n  docs/gone/new.md", "migrations are not as they were:\n  migrations/00001_base.sql"} {
		if !strings.Contains(report, says) {
			t.Errorf("it does not say %q:\n%s", says, report)
		}
	}
	mod := c.Read("go.mod")
	if !strings.Contains(mod, "example.com/a") || !strings.Contains(mod, "example.com/b") || strings.Contains(mod, "<<<") {
		t.Errorf("go.mod is %q", mod)
	}
	if mode := c.Run("git", "ls-files", "-s", "docs/long.md"); !strings.HasPrefix(mode, "100755") {
		t.Errorf("the mode is %s", mode)
	}
	expect(t, c, map[string]string{"docs/gone/new.md": "", "docs/unused.md": "", "static/icon.png": "\x00mine", "docs/kept.md": "Kept by me.\n"})

	// All is as it was after what the message says.
	_, back, _ := strings.Cut(err.Error(), "Or leave all as it was: ")
	c.Write("docs/a_templ.go", "package a\n") // some of the commands before it were run
	c.Write("docs/long.md", "Anew.\n")
	c.Run("sh", "-ec", back)
	if c.Run("git", "rev-parse", "HEAD") != before || c.Run("git", "status", "--porcelain") != "" {
		t.Errorf("it is not as it was: %s", c.Run("git", "status"))
	}
}

// TestWhatIsDeletedStaysDeleted though the starter has moved it.
func TestWhatIsDeletedStaysDeleted(t *testing.T) {
	from, c := starter(t)
	c.Write("mine.md", "Mine.\n")
	c.Run("git", "rm", "-q", "docs/long.md", "internal/core/core.go")
	c.Commit("Mine")
	from.Run("git", "mv", "docs/long.md", "docs/length.md")
	from.Run("git", "mv", "internal/core/core.go", "internal/core/middle.go")
	release(from, "0.2.0", "More.", map[string]string{"internal/core/middle.go": from.Read("internal/core/middle.go") + "\n// Four is four.\nconst Four = 4\n"})
	report, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true})
	if err != nil || !strings.Contains(report, "They stay deleted:\n  docs/length.md\n  internal/core/middle.go\n") {
		t.Errorf("%s %v", report, err)
	}
	expect(t, c, map[string]string{"docs/length.md": "", "internal/core/middle.go": "", "mine.md": "Mine.\n"})
}

// TestAFolderInPlaceOfAFile has, where the starter brings a file, a folder of the person's, which git does not ignore.
func TestAFolderInPlaceOfAFile(t *testing.T) {
	from, c := starter(t)
	c.Write("docs/new/mine.md", "Mine.\n")
	c.Commit("Mine")
	release(from, "0.2.0", "More.", map[string]string{"docs/new": "New.\n"})
	_, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true})
	if err == nil || !strings.Contains(err.Error(), "  docs/new~") || c.Read("docs/new/mine.md") != "Mine.\n" {
		t.Error(err)
	}
}
