package main

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// undo leaves everything as it was before the branch was made, wherever that was interrupted.
func (u *update) undo(tip string) error {
	if at, err := git(u.root, "symbolic-ref", "-q", "--short", "HEAD"); err == nil && at == u.branch() {
		if _, err := git(u.root, "reset", "-q", "--hard"); err != nil { // git merge --abort leaves what tools have written
			return err
		}
		if err := u.sweep(tip); err != nil {
			return err
		}
		if _, err := git(u.root, "switch", "-q", u.was); err != nil {
			return err
		}
	}
	if _, err := git(u.root, "rev-parse", "--verify", "-q", "refs/heads/"+u.branch()); err != nil {
		return nil //nolint:nilerr // it was not made yet
	}
	_, err := git(u.root, "branch", "-q", "-D", u.branch())
	return err
}

// sweep deletes what a merge or a tool had written when it was interrupted, and git does not know yet: new files of the starter, and
// generated ones.
func (u *update) sweep(tip string) error {
	theirs, err := names(u.root, "ls-tree", "-r", "-z", "--name-only", tip)
	if err != nil {
		return err
	}
	unknown, err := names(u.root, "ls-files", "-z", "--others", "--exclude-standard")
	if err != nil {
		return err
	}
	for _, name := range unknown {
		if !made.MatchString(name) && !slices.Contains(theirs, name) && !strings.HasPrefix(path.Base(name), ".merge_file_") { // git's own
			continue
		}
		if err := os.Remove(filepath.Join(u.root, filepath.FromSlash(name))); err != nil {
			return err
		}
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if os.Remove(filepath.Join(u.root, filepath.FromSlash(dir))) != nil {
				break // something else is in it
			}
		}
	}
	return nil
}
