// Package clone is for tests that change the project itself: they work on a copy, with the commands that a person
// would type. It knows files and commands, and nothing of the program.
package clone

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// inner is set for every command that runs in a copy, so that tests which make copies do not do so for ever.
const inner = "INNER"

// A Copy is a copy of the project in a temporary folder.
type Copy struct {
	Dir string   // its root
	Env []string // what its commands have in their environment beyond our own, as NAME=value
	t   testing.TB
}

// New copies the project: what git tracks and what it would track, or without git everything but data and programs.
// There is no .git in the copy. In a copy, and with -short, it skips the test.
func New(t testing.TB) *Copy {
	t.Helper()
	if testing.Short() || Within() {
		t.Skip("makes a copy of the project: not in a copy, and not with -short")
	}
	return At(t, t.TempDir())
}

// Within reports whether this test runs in a copy.
func Within() bool { return os.Getenv(inner) != "" }

// At is New without skipping, in a folder of the caller's choice, which need not exist yet.
func At(t testing.TB, dir string) *Copy {
	t.Helper()
	root := Root(t)
	for _, name := range files(t, root) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) { // deleted, and git was not told yet
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	return &Copy{Dir: dir, t: t}
}

// Empty is a folder with nothing in it.
func Empty(t testing.TB) *Copy { return &Copy{Dir: t.TempDir(), t: t} }

// Build builds a program of the project, and returns where it is. pkg is its folder, as "./cmd/latchkey".
func Build(t testing.TB, pkg string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), filepath.Base(pkg))
	(&Copy{Dir: Root(t), t: t}).Run("go", "build", "-o", program, pkg)
	return program
}

// Root is the folder of the project that the test belongs to.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// files lists the project's files, relative to its root.
func files(t testing.TB, root string) []string {
	t.Helper()
	git := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Dir = root
	if out, err := git.Output(); err == nil && len(out) > 0 {
		return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	}
	var list []string
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		switch {
		case name == ".git" || name == "data" || name == "bin" || name == "vendor":
			if d.IsDir() {
				return filepath.SkipDir
			}
		case d.Type().IsRegular():
			list = append(list, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Try runs a command in the copy and returns all that it wrote.
func (c *Copy) Try(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(c.t.Context(), name, args...)
	cmd.Dir = c.Dir
	// Not a make within a make, only settings that the copy is given, and no CI: there some tests cannot run.
	cmd.Env = append(os.Environ(), inner+"=1", "CI=", "MAKELEVEL=", "MAKEFLAGS=", "MFLAGS=")
	cmd.Env = append(cmd.Env, c.Env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Run is Try, and fails the test if the command fails.
func (c *Copy) Run(name string, args ...string) string {
	c.t.Helper()
	out, err := c.Try(name, args...)
	if err != nil {
		c.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// Read returns a file of the copy, or "" if there is none.
func (c *Copy) Read(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.Dir, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.t.Fatal(err)
	}
	return string(text)
}

// Write makes a file of the copy, with the folders above it.
func (c *Copy) Write(name, text string) {
	c.t.Helper()
	file := filepath.Join(c.Dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// Tree returns the text of every file in the copy, by its name. What begins with .git/ is left out.
func (c *Copy) Tree() map[string]string {
	c.t.Helper()
	tree := map[string]string{}
	err := filepath.WalkDir(c.Dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == ".git" && d.IsDir() {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(c.Dir, file)
		tree[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return tree
}

// For is the same copy, whose failures are those of this test.
func (c *Copy) For(t testing.TB) *Copy {
	other := *c
	other.t = t
	return &other
}

// Init makes the copy a repository whose only commit holds all of it, and returns its folder.
func (c *Copy) Init() string {
	c.t.Helper()
	c.Run("git", "init", "-q", "-b", "main")
	c.Run("git", "config", "user.name", "Ada")
	c.Run("git", "config", "user.email", "ada@example.org")
	c.Commit("Begin")
	return c.Dir
}

// Commit commits everything in the copy.
func (c *Copy) Commit(message string) {
	c.t.Helper()
	c.Run("git", "add", "-A")
	c.Run("git", "commit", "-q", "-m", message)
}
