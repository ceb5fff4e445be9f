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
func (u *update) conflicts() (decide []string, err error) {
	head, err := git(u.root, "rev-parse", "--verify", "HEAD^{tree}")
	if err != nil {
		return nil, err
	}
	if err := u.see(); err != nil {
		return nil, err
	}
	s := origin.Sides{Dir: u.new, Base: "old^{tree}", Ours: head + ":" + u.prefix, New: "HEAD^{tree}"}
	base, err := u.commit(s.Base)
	if err != nil {
		return nil, err
	}
	theirs, err := u.commit(s.New, "-p", base)
	if err != nil {
		return nil, err
	}
	ours, err := git(u.new, slices.Concat(origin.Nobody, []string{"commit-tree", head, "-m", "ours", "-p", base})...)
	if err != nil {
		return nil, err
	}
	// It fails if there are conflicts, and says which, after the tree with the markers.
	out, err := names(u.new, "-c", "merge.renames=true", "merge-tree", "--write-tree", "-z", "--no-messages", ours, theirs)
	if len(out) == 0 {
		return nil, err
	}
	tree, stages := out[0]+":"+u.prefix, map[string]string{}
	for name, has := range staged(out[1:]) {
		stages[strings.TrimPrefix(name, u.prefix)] = has
	}
	for _, name := range slices.Sorted(maps.Keys(stages)) {
		if has := stages[name]; !gone(has) && (has != "123" || !asks(name)) {
			text, _ := git(u.new, "show", tree+name) //nolint:errcheck // it has no text
			decide = append(decide, says(name, has, text))
		}
	}
	merged, err := names(u.new, "ls-tree", "-r", "-z", "--full-tree", "--name-only", tree)
	if err != nil {
		return nil, err
	}
	_, strays, err := s.Back(merged, stages)
	for _, name := range strays {
		decide = append(decide, says(name, "3", ""))
	}
	if err != nil {
		return nil, err
	}
	lost, err := u.imports(u.new, tree)
	return append(decide, lost...), err
}

// commit makes a commit of a tree of the temporary repository, in the folder that the project is in.
func (u *update) commit(rev string, parents ...string) (string, error) {
	tree, err := git(u.new, "rev-parse", "--verify", rev)
	if err != nil {
		return "", err
	}
	if tree, err = u.place(u.new, tree); err != nil {
		return "", err
	}
	return git(u.new, slices.Concat(origin.Nobody, []string{"commit-tree", tree, "-m", "starter"}, parents)...)
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
