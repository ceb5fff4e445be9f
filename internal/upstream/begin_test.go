package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/testkit/clone"
)

// TestWaysToBegin has projects that began with version 0.2.0 of a starter, in each way that there is, went on, and are updated to 0.3.0.
func TestWaysToBegin(t *testing.T) {
	from, _ := starter(t)
	two := map[string]string{"docs/long.md": "One.\n\nTwo!\n\nThree.\n"}
	release(from, "0.2.0", "Two.", two)
	from.Run("git", "tag", "v0.2.0")
	from.Run("git", "branch", "stable")
	at := strings.TrimSpace(from.Run("git", "rev-parse", "HEAD"))
	release(from, "0.3.0", "Three.", map[string]string{"docs/long.md": "One.\n\nTwo!\n\nThree!\n"})
	for name, begin := range map[string]func(c *clone.Copy){
		"a clone of all, with an older version checked out": func(c *clone.Copy) {
			c.Run("git", "clone", "-q", from.Dir, ".")
			c.Run("git", "checkout", "-q", "-B", "main", "v0.2.0")
		},
		"a clone, set back": func(c *clone.Copy) {
			c.Run("git", "clone", "-q", from.Dir, ".")
			c.Run("git", "reset", "-q", "--hard", "v0.2.0")
		},
		"a clone that was pulled before anything was done": func(c *clone.Copy) {
			c.Run("git", "clone", "-q", from.Dir, ".")
			c.Run("git", "reset", "-q", "--hard", "HEAD~2")
			c.Run("git", "pull", "-q", "--ff-only", from.Dir, "v0.2.0")
		},
		"a clone of a branch alone": func(c *clone.Copy) { c.Run("git", "clone", "-q", "--single-branch", "-b", "stable", from.Dir, ".") },
		"a shallow clone":           func(c *clone.Copy) { c.Run("git", "clone", "-q", "--depth=1", "-b", "stable", "file://"+from.Dir, ".") },
		"a copy without the history": func(c *clone.Copy) {
			c.Run("sh", "-c", "git -C '"+from.Dir+"' archive v0.2.0 | tar x && git init -q -b trunk && git add -A")
			c.Run("git", "-c", "user.name=Bot", "-c", "user.email=bot@example.org", "commit", "-qm", "Initial commit")
		},
		"a copy in another's history": func(c *clone.Copy) {
			c.Run("sh", "-c", "git init -q -b trunk && mkdir -p 'apps/my web' && git -C '"+from.Dir+"' archive v0.2.0 | tar x -C 'apps/my web'")
			c.Write("docs/long.md", "All that there is.\n")
			c.Run("git", "add", "-A")
			c.Run("git", "-c", "user.name=Bot", "-c", "user.email=bot@example.org", "commit", "-qm", "Initial commit")
			c.Dir = filepath.Join(c.Dir, "apps", "my web")
		},
		"a folder that was a project": func(c *clone.Copy) {
			c.Run("git", "clone", "-q", "-b", "stable", from.Dir, ".")
			c.Run("sh", "-c", "mkdir web && git mv $(git ls-files | cut -d / -f 1 | sort -u) web && git -c user.name=Bot -c user.email=bot@example.org commit -qm Move")
			c.Dir = filepath.Join(c.Dir, "web")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := clone.Empty(t)
			begin(c)
			c.Run("git", "config", "user.name", "Bo")
			c.Run("git", "config", "user.email", "bo@example.org")
			stamp, err := origin.Read(c.Dir)
			if err != nil || stamp.Version != "0.2.0" {
				t.Errorf("make rename would leave the stamp %+v (%v)", stamp, err)
			}
			c.Write("docs/long.md", "Mine.\n\nTwo!\n\nThree.\n")
			c.Write("mine.txt", "Mine.\n")
			c.Commit("Mine")
			if commit, err := stamp.Begun(c.Dir, from.Dir, ""); err != nil || commit != at {
				t.Errorf("without a stamp it began with %s (%v), not %s", commit, err, at)
			}
			if err := stamp.Write(c.Dir); err != nil {
				t.Fatal(err)
			}
			c.Commit("Stamp")
			if strings.Contains(c.Dir, "my web") {
				report, err := upstream(t.Context(), c.Dir, options{from: from.Dir})
				if err != nil || !strings.Contains(report, "It merges without conflicts.") {
					t.Errorf("%s %v", report, err)
				}
			}
			report, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true})
			if err != nil || !strings.Contains(report, "from 0.2.0 ("+at[:12]) {
				t.Fatalf("%s %v", report, err)
			}
			expect(t, c, map[string]string{"docs/long.md": "Mine.\n\nTwo!\n\nThree!\n", "mine.txt": "Mine.\n"})
			if left := c.Run("git", "status", "--porcelain"); left != "" {
				t.Errorf("something is not committed: %s", left)
			}
		})
	}
}

// TestANameBeforeTheFirstCommit is what whoever downloads the starter may do first: the stamp knows its files all the same.
func TestANameBeforeTheFirstCommit(t *testing.T) {
	from, _ := starter(t)
	at := strings.TrimSpace(from.Run("git", "rev-parse", "HEAD"))
	for name, prepare := range map[string]string{
		"no git":          "true",
		"git":             "git init -q",
		"a larger folder": "git init -q .. && echo '*' >../.gitignore",
	} {
		t.Run(name, func(t *testing.T) {
			c := clone.Empty(t)
			c.Dir = filepath.Join(c.Dir, "my web")
			if err := os.Mkdir(c.Dir, 0o755); err != nil {
				t.Fatal(err)
			}
			c.Run("sh", "-c", `git -C "$0" archive HEAD | tar x && `+prepare, from.Dir)
			stamp, err := origin.Read(c.Dir)
			if err != nil || stamp.Commit != "" {
				t.Fatalf("%+v %v", stamp, err)
			}
			if found, err := stamp.Find(from.Dir, ""); err != nil || found != at {
				t.Errorf("it began with %s (%v), not %s", found, err, at)
			}
			c.Write("mine.txt", "Mine.\n")
			if _, err := stamp.Find(c.Init(), ""); err == nil || !strings.Contains(err.Error(), "before the starter's files were committed") {
				t.Errorf("in the project itself: %v", err)
			}
		})
	}
}

// TestWhereTheStarterMayBe reads it from each kind of place.
func TestWhereTheStarterMayBe(t *testing.T) {
	from, c := starter(t)
	release(from, "0.2.0", "More.", map[string]string{"docs/long.md": "One.\n\nTwo!\n\nThree.\n"})
	from.Run("git", "tag", "-am", "Release", "v0.2.0")
	to := strings.TrimSpace(from.Run("git", "rev-parse", "HEAD"))
	place := filepath.Join(t.TempDir(), "the starter & more")
	from.Run("git", "clone", "-q", "--bare", from.Dir, filepath.Join(place, "bare.git"))
	from.Run("git", "worktree", "add", "-q", "--detach", filepath.Join(place, "tree"))
	from.Run("git", "bundle", "create", "-q", filepath.Join(place, "all.bundle"), "--all")
	from.Run("git", "bundle", "create", "-q", filepath.Join(place, "main.bundle"), "main")
	relative, err := filepath.Rel(c.Dir, place)
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Dir(from.Dir)
	t.Setenv("HOME", home)
	if _, err := os.Stat(filepath.Join(home, filepath.Base(from.Dir))); err != nil {
		t.Fatal(err)
	}
	for _, o := range []options{
		{from: from.Dir},
		{from: from.Dir + "/"},
		{from: from.Dir + "/.git"},
		{from: "file://" + from.Dir},
		{from: "~/" + filepath.Base(from.Dir)},
		{from: filepath.Join(place, "bare.git")},
		{from: filepath.Join(place, "tree")},
		{from: filepath.Join(place, "all.bundle")},
		{from: filepath.Join(place, "main.bundle"), to: "main"},
		{from: filepath.Join(relative, "bare.git")},
		{from: from.Dir, to: "v0.2.0"},
		{from: from.Dir, to: "main"},
		{from: from.Dir, to: to},
		{from: from.Dir, to: to[:8]},
	} {
		if report, err := upstream(t.Context(), c.Dir, o); err != nil || !strings.Contains(report, "to 0.2.0 ("+to[:12]+")") {
			t.Errorf("%+v: %s %v", o, report, err)
		}
	}
}
