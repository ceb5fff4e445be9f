package main

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/upstream/tools"
)

// apply merges what is new on a branch of its own, which is checked out then. There the starter as it was becomes an ancestor, so
// that git merges three ways. Files that the project has deleted stay deleted, what tools write is written anew, other conflicts are
// left to the person: then it returns an error. After any other error, all is as it was before.
func (u *update) apply() (report string, err error) {
	base, tip, err := "", "", error(nil)
	whole := false
	defer func() {
		if !whole {
			err = errors.Join(u.stopped(err), u.undo(tip))
		}
	}()
	if base, tip, err = u.history(); err != nil {
		return "", err
	}
	if err := u.ignored(base, tip); err != nil {
		return "", err
	}
	if _, err := git(u.root, "switch", "-q", u.branch()); err != nil {
		return "", err
	}
	_, merging := git(u.root, "-c", "merge.renames=true", "merge", "-q", "--no-ff", "--no-commit", "--no-verify-signatures",
		"-m", "Merge the starter, "+u.release(), tip)
	if _, err := git(u.root, "rev-parse", "--verify", "-q", "MERGE_HEAD"); err != nil {
		return "", fmt.Errorf("git cannot merge it: %w", merging)
	}
	decide, remarks, err := u.settle(base, tip)
	if err != nil {
		return "", err
	}
	doubles, err := u.doubles()
	if err != nil {
		return "", err
	}
	lost, err := u.imports(u.root, "")
	if err != nil {
		return "", err
	}
	for _, r := range remarks {
		report += "\n" + r
	}
	if decide = slices.Concat(decide, doubles, lost); len(decide) > 0 {
		if u.ctx.Err() != nil {
			return "", nil // which the deferred call says
		}
		whole = true
		return report, u.open(decide)
	}
	todo := tools.Write(u.root)
	if origin.Interrupted(u.ctx, todo) {
		return "", todo
	}
	if _, err := git(u.root, "add", "-A"); err != nil {
		return "", err
	}
	if _, err := git(u.root, "rm", "-q", "--cached", "--ignore-unmatch", "--", patchFile); err != nil { // where bin is not ignored
		return "", err
	}
	if _, err := git(u.root, "commit", "-q", "--no-edit"); err != nil {
		return "", fmt.Errorf("there is no conflict, but git cannot commit the merge: %w", err)
	}
	whole = true
	report += fmt.Sprintf("\nMerged on the branch %s, which is checked out. %s is as it was.\nNext: make test, then git switch %[2]s && git merge %[1]s.", u.branch(), u.was)
	return report, todo
}

// open is the error of a merge that waits for decisions of the person's: which, and what to run after them.
func (u *update) open(decide []string) error {
	anew := "go mod tidy; make generate; make -s routes > bin/routes && mv bin/routes " + tools.Routes
	if tools.Vendored(u.root) {
		anew = strings.Replace(anew, "tidy;", "tidy; go mod vendor;", 1)
	}
	return fmt.Errorf(`merged on the branch %s, but for what is yours to decide:

  %s

Edit these, then
  %s
  git add -A && git commit --no-edit
  make test
Or leave all as it was: git add -A && git reset -q --hard && git switch %s && git branch -D %[1]s`, u.branch(), strings.Join(decide, "\n  "), anew, u.was)
}

// ignored returns an error that names the files of the person's that git would overwrite without a word: new ones of the starter, in
// whose place there are some that the project's .gitignore names.
func (u *update) ignored(base, tip string) error {
	s := u.sides(base, tip)
	added, err := s.Added()
	if err != nil || len(added) == 0 {
		return err
	}
	files, folders, err := s.Files(s.Ours)
	if err != nil {
		return err
	}
	added = slices.DeleteFunc(added, func(name string) bool {
		return files[name] || folders[name] || !origin.There(filepath.Join(u.root, filepath.FromSlash(name)))
	})
	if len(added) == 0 {
		return nil
	}
	return fmt.Errorf("the starter brings these, and git ignores what you have in their place:\n  %s\nmove that away first", strings.Join(added, "\n  "))
}

// history makes the branch, where the starter as it was is an ancestor of the project. It returns the commits of the starter as it
// was and as it is.
func (u *update) history() (base, tip string, err error) {
	trees := map[string]string{}
	for _, dir := range []string{u.old, u.new} {
		if trees[dir], err = u.take(dir); err != nil {
			return "", "", err
		}
	}
	head, err := git(u.root, "rev-parse", "HEAD")
	if err != nil {
		return "", "", err
	}
	if base, err = u.before(trees[u.old]); err != nil {
		return "", "", err
	}
	if base == "" {
		if base, err = git(u.root, "commit-tree", trees[u.old], "-m", origin.Mark+cmp.Or(u.version, u.from[:12])+", as this project has it"); err != nil {
			return "", "", err
		}
		// The project's files, and the starter's history besides.
		if head, err = git(u.root, "commit-tree", head+"^{tree}", "-p", head, "-p", base, "-m", "Note which starter this project was made of"); err != nil {
			return "", "", err
		}
	}
	if tip, err = git(u.root, "commit-tree", trees[u.new], "-p", base, "-m", origin.Mark+u.release()+", as this project has it"); err != nil {
		return "", "", err
	}
	_, err = git(u.root, "branch", "-q", "--no-track", u.branch(), head)
	return base, tip, err
}

// take brings the files of a temporary repository, without its history, into the project's, and returns their tree.
func (u *update) take(dir string) (tree string, err error) {
	if tree, err = git(dir, "rev-parse", "HEAD^{tree}"); err != nil {
		return "", err
	}
	if tree, err = u.place(dir, tree); err != nil {
		return "", err
	}
	alone, err := git(dir, slices.Concat(origin.Nobody, []string{"commit-tree", tree, "-m", "alone"})...)
	if err != nil {
		return "", err
	}
	if _, err := git(dir, "update-ref", "refs/heads/alone", alone); err != nil {
		return "", err
	}
	from, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	_, err = git(u.root, "fetch", "-q", "--no-tags", "--no-write-fetch-head", from, "refs/heads/alone")
	return tree, err
}

// place puts a tree into the folder that the project is in, and returns the tree of the whole.
func (u *update) place(dir, tree string) (string, error) {
	if u.prefix == "" {
		return tree, nil
	}
	if _, err := git(dir, "read-tree", "--empty"); err != nil {
		return "", err
	}
	if _, err := git(dir, "read-tree", "--prefix="+u.prefix, tree); err != nil {
		return "", err
	}
	return git(dir, "write-tree")
}

// before returns the commit of the last update, if it has these files.
func (u *update) before(tree string) (string, error) {
	updates, err := origin.Updates(u.root)
	for _, done := range updates {
		if done.Tree == tree {
			return done.Commit, nil
		}
	}
	return "", err
}

// doubles says which migrations have the same number: the starter's begin with 0, yours with 1.
func (u *update) doubles() (says []string, err error) {
	found, err := filepath.Glob(filepath.Join(u.root, "migrations", "*.sql"))
	if err != nil {
		return nil, err
	}
	byNumber := map[string]string{}
	for _, file := range found {
		name := path.Base(filepath.ToSlash(file))
		number, _, _ := strings.Cut(name, "_")
		number = strings.TrimLeft(number, "0")
		if other, ok := byNumber[number]; ok {
			says = append(says, fmt.Sprintf("migrations/%s and %s have the same number: give yours one from 10001 on", other, name))
		}
		byNumber[number] = name
	}
	return says, nil
}
