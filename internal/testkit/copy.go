package testkit

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A Copy is a copy of the project that a test may change: what git tracks, as it stands, without .git.
type Copy struct {
	Dir string
	t   testing.TB
}

// CopyProject copies the project, whose root is given, into a folder that goes with the test.
func CopyProject(t testing.TB, root string) *Copy {
	t.Helper()
	c := &Copy{t: t, Dir: t.TempDir()}
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	tracked, err := list.Output()
	if err != nil { // no clone but a copy itself: all of it
		err = os.CopyFS(c.Dir, os.DirFS(root))
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(tracked), "\x00"), "\x00") {
		if err != nil || name == "" {
			break
		}
		var info fs.FileInfo
		if info, err = os.Stat(filepath.Join(root, name)); errors.Is(err, fs.ErrNotExist) {
			err = nil // deleted, which git does not know yet
			continue
		}
		if err == nil {
			c.Write(name, c.read(filepath.Join(root, name)))
			err = os.Chmod(c.path(name), info.Mode())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Run runs a program in the copy and returns what it printed. A test that starts copies of the project again can tell by
// INNER=1 that it runs in one.
func (c *Copy) Run(program string, args ...string) string {
	c.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), "INNER=1", "CI=", "MAKELEVEL=", "MAKEFLAGS=") // no make within make
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Read returns the text of a file.
func (c *Copy) Read(name string) string {
	c.t.Helper()
	return c.read(c.path(name))
}

// Write replaces a file, or makes it.
func (c *Copy) Write(name, text string) {
	c.t.Helper()
	err := os.MkdirAll(filepath.Dir(c.path(name)), 0o755)
	if err == nil {
		err = os.WriteFile(c.path(name), []byte(text), 0o644)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// Remove deletes a file or a folder.
func (c *Copy) Remove(name string) {
	c.t.Helper()
	if _, err := os.Stat(c.path(name)); err != nil {
		c.t.Fatal(err)
	}
	if err := os.RemoveAll(c.path(name)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *Copy) path(name string) string { return filepath.Join(c.Dir, filepath.FromSlash(name)) }

func (c *Copy) read(file string) string {
	c.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}
