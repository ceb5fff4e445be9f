package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
)

// foresee says what a merge would leave to the person to decide, as far as git can tell: uncommitted changes and migrations of the same
// number are not looked at. Nothing is written into the project. It is "" where there is nothing to merge into, or git is older than 2.38.
func (u *update) foresee() string {
	decide, err := u.conflicts()
	switch {
	case err != nil:
		return ""
	case len(decide) == 0:
		return "It merges without conflicts.\n"
	}
	return "After a merge, these will be yours to decide:\n  " + strings.Join(decide, "\n  ") + "\n"
}

// conflicts merges in the temporary repository, which sees the project's objects, too.
func (u *update) conflicts() ([]string, error) {
	head, err := git(u.root, "rev-parse", "--verify", "HEAD^{tree}")
	if err != nil {
		return nil, err
	}
	if err := u.see(); err != nil {
		return nil, err
	}
	var base string
	commit := func(tree string) (string, error) {
		args := slices.Concat(origin.Nobody, []string{"commit-tree", tree, "-m", "one side"})
		if base != "" {
			args = append(args, "-p", base)
		}
		return git(u.new, args...)
	}
	sides := map[string]string{"old^{tree}": "", "HEAD^{tree}": ""}
	for rev := range sides {
		tree, err := git(u.new, "rev-parse", rev)
		if err != nil {
			return nil, err
		}
		if sides[rev], err = u.place(u.new, tree); err != nil {
			return nil, err
		}
	}
	if base, err = commit(sides["old^{tree}"]); err != nil {
		return nil, err
	}
	ours, err := commit(head)
	if err != nil {
		return nil, err
	}
	theirs, err := commit(sides["HEAD^{tree}"])
	if err != nil {
		return nil, err
	}
	// It fails if there are conflicts, and says which, after the tree with the markers.
	merged, err := names(u.new, "-c", "merge.renames=true", "merge-tree", "--write-tree", "-z", "--no-messages", ours, theirs)
	if len(merged) == 0 {
		return nil, err
	}
	stages := staged(merged[1:])
	var decide []string
	for _, name := range slices.Sorted(maps.Keys(stages)) {
		has, at := stages[name], strings.TrimPrefix(name, u.prefix)
		if gone(has) || has == "123" && asks(at) {
			continue
		}
		text, _ := git(u.new, "show", merged[0]+":"+name) //nolint:errcheck // it has no text
		decide = append(decide, says(at, has, text))
	}
	return decide, nil
}

// see lets the temporary repository read the project's objects.
func (u *update) see() error {
	objects, err := git(u.root, "rev-parse", "--git-path", "objects")
	if err != nil {
		return err
	}
	if !filepath.IsAbs(objects) {
		if objects, err = filepath.Abs(filepath.Join(u.root, objects)); err != nil {
			return err
		}
	}
	file := filepath.Join(u.new, ".git", "objects", "info", "alternates")
	has, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.WriteFile(file, []byte(strings.TrimRight(string(has), "\n")+"\n"+objects+"\n"), 0o600)
}
