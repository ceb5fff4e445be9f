package main

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
)

// A lost package is one that the starter has moved or deleted.
type lost struct{ dir, now string } // now is the folder that it was moved to, or ""

// imports says of each package that the starter has moved or deleted which files of the merge still import it: those that the project
// has added are in no conflict, and do not build. in is where the merge is: dir is a repository, and tree names its files there, "" those
// that are checked out.
func (u *update) imports(dir, tree string) (says []string, err error) {
	gone, err := u.lost()
	if err != nil {
		return nil, err
	}
	for _, p := range gone {
		args := []string{"grep", "--no-color", "--no-full-name", "-l", "-z", "-F", "-e", `"` + u.stamp.Module + "/" + p.dir + `"`}
		if tree != "" {
			args = append(args, tree)
		}
		found, _ := names(dir, append(args, "--", "*.go", "*.templ")...) //nolint:errcheck // it fails where it finds nothing
		var files []string
		for _, name := range found {
			if name = strings.TrimLeft(strings.TrimPrefix(name, tree), ":/"); !made.MatchString(name) {
				files = append(files, name)
			}
		}
		if len(files) == 0 {
			continue
		}
		what := fmt.Sprintf("is no longer in the starter. Do without it, or keep it: git checkout %s -- %s", cmp.Or(u.was, "<your branch>"), p.dir)
		if p.now != "" {
			what = fmt.Sprintf("is %s now. Write that instead, and its name before each dot", p.now)
		}
		says = append(says, fmt.Sprintf("%s: import %q, which %s", strings.Join(slices.Compact(files), ", "), p.dir, what))
	}
	return says, nil
}

// lost are the packages that were in the starter and are not, in order.
func (u *update) lost() (gone []lost, err error) {
	s := origin.Sides{Dir: u.new}
	was, _, err := s.Files("old")
	if err != nil {
		return nil, err
	}
	is, _, err := s.Files("HEAD")
	if err != nil {
		return nil, err
	}
	there := packages(is)
	for dir := range packages(was) {
		if !there[dir] {
			gone = append(gone, lost{dir: dir})
		}
	}
	slices.SortFunc(gone, func(a, b lost) int { return strings.Compare(a.dir, b.dir) })
	moved, err := names(u.new, "diff-tree", "-r", "-z", "-M", "--name-status", "--diff-filter=R", "old", "HEAD")
	if err != nil {
		return nil, err
	}
	for i := 1; i+1 < len(moved); i += 3 { // R and how much is alike, the old name, the new one
		from, to := path.Dir(moved[i]), path.Dir(moved[i+1])
		at := slices.IndexFunc(gone, func(p lost) bool { return p.dir == from })
		if at >= 0 && there[to] && source(moved[i]) && source(moved[i+1]) {
			gone[at].now = to
		}
	}
	return gone, nil
}

// packages are the folders with files of Go, or of pages, which become Go.
func packages(files map[string]bool) map[string]bool {
	dirs := map[string]bool{}
	for name := range files {
		if source(name) {
			dirs[path.Dir(name)] = true
		}
	}
	return dirs
}

func source(name string) bool {
	return path.Ext(name) == ".templ" || path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go")
}
