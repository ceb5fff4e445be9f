package parts

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A Tree is a project in memory: the text of each file that git tracks, by its name with slashes. Everything is worked out
// in it before the first file is written.
type Tree map[string]string

// Read returns the project at root, which must be in git: what git tracks and what it would track.
func Read(root string) (Tree, error) {
	git := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Dir = root
	out, err := git.Output()
	if err != nil {
		return nil, fmt.Errorf("the project must be in git (git init && git add . && git commit): git ls-files: %w", err)
	}
	t := Tree{}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		file := filepath.Join(root, filepath.FromSlash(name))
		if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() || strings.HasPrefix(name, "vendor/") {
			continue // deleted, a link, or the dependencies'
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		t[name] = string(text)
	}
	return t, nil
}

// Write changes the project at root from the tree before to this one: changed files keep their mode, deleted ones go with
// the folders that they leave empty.
func (t Tree) Write(root string, before Tree) error {
	for name, text := range t {
		if before[name] == text {
			continue
		}
		file := filepath.Join(root, filepath.FromSlash(name))
		mode := fs.FileMode(0o644)
		if info, err := os.Stat(file); err == nil {
			mode = info.Mode().Perm()
		}
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			return err
		}
	}
	for name := range before {
		if _, stays := t[name]; stays {
			continue
		}
		if err := os.Remove(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			return err
		}
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if os.Remove(filepath.Join(root, filepath.FromSlash(dir))) != nil {
				break // not empty
			}
		}
	}
	return nil
}

// Names returns the files whose name the glob matches, in order: as path.Match reads it; all that are below it, if it ends with
// a slash; and in any folder, if it begins with **/.
func (t Tree) Names(glob string) (names []string) {
	anywhere, deep := strings.CutPrefix(glob, "**/")
	for name := range t {
		at := name
		if deep {
			at = path.Base(name)
		}
		if ok, _ := path.Match(anywhere, at); ok || strings.HasSuffix(glob, "/") && strings.HasPrefix(name, glob) { //nolint:errcheck // a bad pattern matches nothing
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// text reports whether a file is text, as git sees it.
func (t Tree) text(name string) bool { return !bytes.ContainsRune([]byte(t[name]), 0) }

// code reports whether a file is Go that people write, and no test.
func code(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, "_templ.go")
}

// lines counts what people write in these files: lines that are neither blank nor comments, without generated code.
func (t Tree) lines(names []string) (n int) {
	for _, name := range names {
		if strings.HasSuffix(name, "_templ.go") || !t.text(name) {
			continue
		}
		for line := range strings.Lines(t[name]) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
				n++
			}
		}
	}
	return n
}

// Lines returns the lines of code that people wrote for the part, without blanks and comments, and those of its tests.
func (p Part) Lines(t Tree) (code, tests int) {
	var c, s []string
	for _, name := range p.Holds(t) {
		switch {
		case strings.HasSuffix(name, "_test.go"):
			s = append(s, name)
		case path.Base(name) != "prune.txt" && path.Ext(name) != ".txt" && path.Ext(name) != ".md":
			c = append(c, name)
		}
	}
	return t.lines(c), t.lines(s)
}
