package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/testkit/clone"
)

// keeps returns a function that fails the test if anything of the project is not as it is now: branch, commits, files, and the list of
// branches. Only the patch may be new.
func keeps(t *testing.T, c *clone.Copy) (unchanged func()) {
	t.Helper()
	state := func() string {
		return c.Run("git", "rev-parse", "HEAD") + c.Run("git", "branch", "-vv") + c.Run("git", "status", "--porcelain", "--branch", "--ignored")
	}
	before, files := state(), c.Tree()
	return func() {
		t.Helper()
		after := c.Tree()
		delete(after, patchFile)
		if err := os.RemoveAll(filepath.Join(c.Dir, "bin")); err != nil {
			t.Fatal(err)
		}
		if now := state(); now != before || !maps.Equal(files, after) {
			t.Errorf("it was\n%s\nand is\n%s", before, now)
		}
	}
}

// TestAFailureLeavesEverythingAsItWas tries what cannot be merged, before anything is changed and in the middle of it.
func TestAFailureLeavesEverythingAsItWas(t *testing.T) {
	for name, one := range map[string]struct {
		prepare func(t *testing.T, c *clone.Copy, o *options)
		says    []string
	}{
		"no repository":  {func(t *testing.T, _ *clone.Copy, o *options) { o.from = t.TempDir() }, []string{"FROM=", "no repository"}},
		"not there":      {func(_ *testing.T, _ *clone.Copy, o *options) { o.from = "../not/there" }, []string{"FROM=../not/there is no repository"}},
		"another's":      {func(t *testing.T, _ *clone.Copy, o *options) { o.from = other(t).Dir }, []string{"is not the starter"}},
		"empty":          {func(t *testing.T, _ *clone.Copy, o *options) { o.from = bare(t) }, []string{"has no HEAD"}},
		"no such commit": {func(_ *testing.T, _ *clone.Copy, o *options) { o.to = "v9" }, []string{"has no v9", "it has main"}},
		"no branch":      {func(_ *testing.T, c *clone.Copy, _ *options) { c.Run("git", "checkout", "-q", "--detach") }, []string{"no branch is checked out"}},
		"a branch of that name": {
			func(_ *testing.T, c *clone.Copy, _ *options) { c.Run("git", "branch", "upstream-0.2.0") },
			[]string{"there is a branch upstream-0.2.0 already"},
		},
		"a merge that was aborted": {
			func(_ *testing.T, c *clone.Copy, _ *options) { c.Run("git", "switch", "-qc", "upstream-0.2.0") },
			[]string{"you are on upstream-0.2.0", "git switch <your branch> && git branch -D upstream-0.2.0"},
		},
		"a shallow clone": {func(t *testing.T, c *clone.Copy, o *options) {
			shallow := clone.Empty(t)
			shallow.Run("git", "clone", "-q", "--depth=1", "file://"+o.from, ".")
			o.from = shallow.Dir
		}, []string{"is a shallow clone", "git fetch --unshallow"}},
		"a merge that is not finished": {func(_ *testing.T, c *clone.Copy, _ *options) {
			c.Run("sh", "-c", "git switch -qc other && git commit -q --allow-empty -m Other && git switch -q main && git merge -q --no-ff --no-commit other")
		}, []string{"a merge is not finished", "git merge --abort"}},
		"many changes": {func(_ *testing.T, c *clone.Copy, _ *options) {
			for i := range 12 {
				c.Write(fmt.Sprintf("%c.txt", 'a'+i), "Mine.\n")
			}
		}, []string{"?? a.txt", "?? j.txt\nand 2 more"}},
		"a stamp that git ignores": {func(_ *testing.T, c *clone.Copy, _ *options) {
			c.Write(".gitignore", "/bin/\n.starter.json\n")
			c.Commit("Ignore")
			c.Write(origin.File, string(origin.Stamp{Module: "example.com/small", Name: "Small"}.Bytes()))
		}, []string{"git add -f .starter.json"}},
		"a file that git ignores": {func(_ *testing.T, c *clone.Copy, _ *options) {
			c.Write(".gitignore", "/bin/\n/docs/new.md\n")
			c.Commit("Ignore")
			c.Write("docs/new.md", "Mine.\n")
		}, []string{"docs/new.md", "move that away"}},
		"a commit that cannot be signed": {func(_ *testing.T, c *clone.Copy, _ *options) {
			c.Run("git", "config", "commit.gpgsign", "true")
			c.Run("git", "config", "gpg.program", "false")
		}, []string{"git cannot commit"}},
	} {
		t.Run(name, func(t *testing.T) {
			from, c := starter(t)
			release(from, "0.2.0", "More.", map[string]string{"docs/new.md": "New.\n"})
			o := options{from: from.Dir, apply: true}
			one.prepare(t, c, &o)
			unchanged := keeps(t, c)
			_, err := upstream(t.Context(), c.Dir, o)
			for _, says := range one.says {
				if err == nil || !strings.Contains(err.Error(), says) {
					t.Errorf("it does not say %q: %v", says, err)
				}
			}
			unchanged()
		})
	}
}

// other is a repository that is not the starter.
func other(t *testing.T) *clone.Copy {
	c := clone.Empty(t)
	c.Write("a.txt", "A.\n")
	c.Init()
	return c
}

// bare is a repository without a commit.
func bare(t *testing.T) string {
	c := clone.Empty(t)
	c.Run("git", "init", "-q", "-b", "main")
	return c.Dir
}

// signer stands for gpg: it signs everything, and finds each signature good.
const signer = `#!/bin/sh
case "$*" in
*--verify*) echo "gpg: Good signature" >&2; echo "[GNUPG:] GOODSIG 1 Bo" ;;
*) cat >/dev/null; printf -- '-----BEGIN PGP SIGNATURE-----\n\nAA==\n-----END PGP SIGNATURE-----\n'; echo "[GNUPG:] SIG_CREATED D 1 8 00 1 1" >&2 ;;
esac
`

// TestSettingsOfGitChangeNothing has what a person may have set for all repositories, and hooks that refuse everything.
func TestSettingsOfGitChangeNothing(t *testing.T) {
	from, c := starter(t)
	release(from, "0.2.0", "More.", map[string]string{"docs/ein Bär.md": "Neu.\n", "docs/long.md": "One.\n\nTwo!\n\nThree.\n"})
	mine := clone.Empty(t)
	mine.Write("gpg", signer)
	mine.Write("attributes", "*.md diff=up\n")
	mine.Write("ignore", "*.json\n")
	for _, hook := range []string{"pre-commit", "commit-msg", "pre-merge-commit", "post-checkout", "post-merge"} {
		mine.Write(hook, "#!/bin/sh\nexit 1\n")
	}
	mine.Run("sh", "-c", "chmod +x *")
	c.Env = []string{"GIT_CONFIG_GLOBAL=" + filepath.Join(mine.Dir, "config")}
	for name, value := range map[string]string{
		"color.ui": "always", "color.diff": "always", "core.autocrlf": "true", "core.attributesFile": filepath.Join(mine.Dir, "attributes"),
		"core.excludesFile": filepath.Join(mine.Dir, "ignore"), "safe.bareRepository": "explicit", "submodule.recurse": "true", "grep.patternType": "fixed",
		"diff.up.textconv": "tr a-z A-Z <", "diff.context": "0", "diff.renames": "false", "diff.relative": "true", "diff.noprefix": "true",
		"merge.renames": "false", "merge.conflictStyle": "zdiff3", "commit.cleanup": "scissors", "commit.verbose": "true", "rerere.enabled": "true", "diff.external": "false", "log.showSignature": "true",
		"merge.ff": "only", "merge.verifySignatures": "true", "core.quotePath": "true", "status.showUntrackedFiles": "no",
		"commit.gpgsign": "true", "gpg.program": filepath.Join(mine.Dir, "gpg"),
	} {
		c.Run("git", "config", "--global", name, value)
	}
	c.Run("git", "mv", "docs/long.md", "docs/moved.md")
	c.Commit("Signed")
	c.Run("git", "config", "--global", "core.hooksPath", mine.Dir)
	c.Run("git", "config", "--global", "core.safecrlf", "true")
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(mine.Dir, "config"))

	for _, version := range []string{"0.2.0", "0.3.0"} {
		if report, err := upstream(t.Context(), c.Dir, options{from: "file://" + from.Dir, apply: true}); err != nil {
			t.Fatalf("%s %v", report, err)
		}
		c.Run("git", "config", "--global", "--unset", "core.hooksPath")
		if c.Read("docs/ein Bär.md") == "" || !strings.Contains(c.Read("docs/moved.md"), "Two!") || c.Run("git", "ls-files", origin.File) == "" {
			t.Error("it is not there")
		}
		if log := c.Run("git", "cat-file", "commit", "HEAD"); !strings.Contains(log, "\ngpgsig ") {
			t.Errorf("the merge is not signed, as the person wants it: %s", log)
		}
		c.Run("git", "switch", "-q", "main")
		c.Run("git", "-c", "diff.noprefix=false", "apply", "--check", "--exclude=docs/long.md", patchFile)
		if n := strings.Count(c.Run("git", "-c", "log.showSignature=false", "log", "--format=%s", "upstream-"+version), "Note which starter"); n != 1 {
			t.Errorf("the starter was made an ancestor %d times", n)
		}
		c.Run("git", "merge", "-q", "--ff", "--no-verify-signatures", "upstream-"+version)
		c.Run("git", "config", "--global", "core.hooksPath", mine.Dir)
		from.Env = []string{"GIT_CONFIG_GLOBAL=/dev/null"}
		release(from, "0.3.0", "Still more.", map[string]string{"docs/ein Bär.md": "Neuer.\n"})
	}
	c.Write("new.txt", "Not committed.\n")
	release(from, "0.4.0", "And more.", nil)
	if _, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true}); err == nil || !strings.Contains(err.Error(), "new.txt") {
		t.Errorf("what is not committed, and git is told not to name: %v", err)
	}
}

// renaming and pruning are the least that a starter's own programs do.
const renaming = `package main

import (
	"os"
	"strings"
)

func main() {
	change := func(file, old, text string) string {
		was, _ := os.ReadFile(file)
		os.WriteFile(file, []byte(strings.ReplaceAll(string(was), old, text)), 0o644)
		return string(was)
	}
	change("go.mod", "example.com/small", os.Args[2])
	change("views/page.go", "\"Small\"", "\""+os.Args[4]+"\"")
	change("news.md", "example.com/small", os.Args[2])
	log := strings.Fields(change("CHANGELOG.md", "", ""))
	os.WriteFile("CHANGELOG.md", []byte("# Changelog\n\nMade from "+log[3]+".\n"), 0o644)
	os.WriteFile("docs/starter.md", []byte("Small is what "+os.Args[4]+" was made from.\n"), 0o644)
}
`

const pruning = `package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	if os.Args[1] == "-names" {
		all, _ := os.ReadDir("internal/features")
		for _, one := range all {
			fmt.Println(one.Name())
		}
		return
	}
	log, _ := os.ReadFile("CHANGELOG.md")
	for _, name := range strings.Fields(os.Args[3]) {
		os.RemoveAll("internal/features/" + name)
		log = []byte(strings.ReplaceAll(string(log), " and what "+name+" does", ""))
		for line := range strings.Lines(string(log)) {
			if strings.Contains(line, "What "+name+" does") {
				log = []byte(strings.ReplaceAll(string(log), line, ""))
			}
		}
	}
	os.WriteFile("CHANGELOG.md", log, 0o644)
	os.WriteFile(".starter.json", []byte("{}"), 0o644)
}
`

// TestAnUpdateIsAsTheProjectSeesIt has other names, and takes out what was taken out: of the code and of the news. The project's CHANGELOG
// stays its own. Capabilities come, go, and are gone by now.
func TestAnUpdateIsAsTheProjectSeesIt(t *testing.T) {
	from, c := starter(t)
	for _, s := range []*clone.Copy{from, c} {
		s.Write("internal/rename/main.go", renaming)
		s.Write("internal/prune/main.go", pruning)
		s.Write("internal/features/b/b.go", "package b\n")
		s.Write("internal/features/c/c.go", "package c\n")
	}
	from.Commit("Programs")
	c.Run("rm", "-rf", ".git")
	c.Init()
	first := strings.TrimSpace(from.Run("git", "rev-parse", "HEAD"))
	c.Run("go", "run", "./internal/prune", "-force", "-without", "a c")
	c.Run("go", "run", "./internal/rename", "-module", "example.org/mine", "-name", "Mine")
	stamp := origin.Stamp{Version: "0.1.0", Commit: first, Module: "example.org/mine", Name: "Mine", Without: []string{"a", "c"}}
	c.Write(origin.File, string(stamp.Bytes()))
	c.Commit("Mine")
	log := c.Read("CHANGELOG.md")

	from.Run("git", "rm", "-rq", "internal/features/b", "internal/features/c")
	release(from, "0.2.0", "What a does is new.\n- What b does is new in example.com/small and what a does.\n- **Security**: all is well.", map[string]string{
		"internal/features/a/a.go": "package a\n\nconst A = 2\n", "internal/features/d/d.go": "package d\n\nconst Name = \"example.com/small\"\n", "docs/long.md": "One!\n\nTwo.\n\nThree.\n",
	})
	report, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true})
	if err != nil {
		t.Fatalf("%s %v", report, err)
	}
	for _, says := range []string{
		"as Mine sees it", "Security, which you want to have:\n  0.2.0    **Security**: all is well.\n\nNews:\n  0.2.0    What b does is new in example.org/mine.\n\nCapabilities that change:\n  b ",
		"d is new", "c, which you took out, is not in the starter any more",
	} {
		if !strings.Contains(report, says) {
			t.Errorf("it does not say %q:\n%s", says, report)
		}
	}
	for _, hides := range []string{"What a does", "what a does", "\n  a  ", "CHANGELOG"} {
		if strings.Contains(report, hides) || hides != "CHANGELOG" && strings.Contains(c.Read(patchFile), hides) {
			t.Errorf("it says %q:\n%s", hides, report)
		}
	}
	expect(t, c, map[string]string{
		"CHANGELOG.md": log, "internal/features/a/a.go": "", "internal/features/b/b.go": "", "internal/features/c/c.go": "", "docs/long.md": "One!\n\nTwo.\n\nThree.\n",
	})
	now, err := origin.Read(c.Dir)
	if err != nil || now.Version != "0.2.0" || strings.Join(now.Without, " ") != "a c" || now.Name != "Mine" {
		t.Errorf("the stamp is %+v (%v)", now, err)
	}

	// Between two updates it is renamed by hand, and d is taken out.
	c.Run("git", "switch", "-q", "main")
	c.Run("git", "merge", "-q", "upstream-0.2.0")
	c.Write("go.mod", strings.Replace(c.Read("go.mod"), "example.org/mine", "example.org/ours", 1))
	c.Run("git", "rm", "-rq", "internal/features/d")
	now.Add("d")
	c.Write(origin.File, string(now.Bytes()))
	c.Commit("Ours")
	release(from, "0.3.0", "E.", map[string]string{
		"internal/features/d/d.go": "package d\n\nconst Name = \"example.com/small!\"\n", "go.mod": from.Read("go.mod") + "\n// As example.com/small.\n",
	})
	if report, err = upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true}); err != nil || strings.Contains(report, "took out") {
		t.Fatalf("%s %v", report, err)
	}
	expect(t, c, map[string]string{"go.mod": "module example.org/ours\n\ngo 1.26\n\n// As example.org/ours.\n", "internal/features/d/d.go": "", "CHANGELOG.md": log})
	if report, err := upstream(t.Context(), c.Dir, options{from: "."}); err != nil || !strings.Contains(report, "Nothing is new") {
		t.Errorf("from itself: %s %v", report, err)
	}
}

// TestACloneIsUpdated has the starter's history, on another machine than the one that it was first cloned to, and no stamp.
func TestACloneIsUpdated(t *testing.T) {
	from, _ := starter(t)
	c, again := clone.Empty(t), clone.Empty(t)
	c.Run("git", "clone", "-q", from.Dir, ".")
	me := func(c *clone.Copy) {
		c.Run("git", "config", "user.name", "Bo")
		c.Run("git", "config", "user.email", "bo@example.org")
	}
	me(c)
	c.Write("mine.txt", "Mine.\n")
	c.Commit("Mine")
	again.Run("git", "clone", "-q", c.Dir, ".")
	me(again)
	release(from, "0.2.0", "More.", map[string]string{"docs/long.md": "One!\n\nTwo.\n\nThree.\n"})
	for _, c := range []*clone.Copy{c, again} {
		if report, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true}); err != nil {
			t.Fatalf("%s %v", report, err)
		}
		expect(t, c, map[string]string{"docs/long.md": "One!\n\nTwo.\n\nThree.\n", "mine.txt": "Mine.\n"})
		if stamp, err := origin.Read(c.Dir); err != nil || stamp.Version != "0.2.0" {
			t.Errorf("the stamp is %+v (%v)", stamp, err)
		}
	}
	c.Run("git", "switch", "-q", "main")
	c.Run("git", "merge", "-q", "upstream-0.2.0")
	release(from, "0.3.0", "Still more.", map[string]string{"docs/long.md": "One?\n\nTwo.\n\nThree.\n"})
	c.Run("git", "pull", "-q", "--no-rebase", "--no-edit", "-X", "theirs", from.Dir, "main")
	if report, err := upstream(t.Context(), c.Dir, options{from: from.Dir}); err != nil || !strings.Contains(report, "Nothing is new") {
		t.Errorf("after a pull: %s %v", report, err)
	}
	release(from, "0.4.0", "Again more.", map[string]string{"docs/unused.md": "Used.\n"})
	if report, err := upstream(t.Context(), c.Dir, options{from: from.Dir}); err != nil || !strings.Contains(report, "from 0.3.0 ") {
		t.Errorf("a version after what was pulled: %s %v", report, err)
	}
}

// TestTheMergeOfAnUpdateMayBeSquashed is what GitHub's button does: the next update does not find the last one's commits.
func TestTheMergeOfAnUpdateMayBeSquashed(t *testing.T) {
	from, c := starter(t)
	core := from.Read("internal/core/core.go")
	release(from, "0.2.0", "More.", map[string]string{"internal/core/core.go": strings.Replace(core, "One = 1", "One = 11", 1)})
	apply := func() {
		t.Helper()
		if report, err := upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true}); err != nil {
			t.Fatalf("%s %v", report, err)
		}
	}
	apply()
	c.Run("git", "switch", "-q", "main")
	c.Run("git", "merge", "-q", "--squash", "upstream-0.2.0")
	c.Commit("Update")
	c.Run("git", "branch", "-q", "-D", "upstream-0.2.0")
	c.Run("git", "gc", "-q", "--prune=now")
	release(from, "0.2.0", "Still more.", map[string]string{"internal/core/core.go": strings.NewReplacer("One = 1", "One = 11", "Two = 2", "Two = 22").Replace(core)})
	apply()
	expect(t, c, map[string]string{"internal/core/core.go": strings.NewReplacer("One = 1", "One = 11", "Two = 2", "Two = 22").Replace(core)})
	if branch := c.Run("git", "branch", "--show-current"); !strings.HasPrefix(branch, "upstream-0.2.0-") {
		t.Errorf("the same version twice is on the branch %s", branch)
	}
}
