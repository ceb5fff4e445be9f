package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
)

// imports says of each package that the starter has moved or deleted which files of the merge still import it: those that the project
// has added are in no conflict, and do not build. in is where the merge is: dir is a repository, and tree names its files there, "" those
// that are checked out.
func (u *update) imports(dir, tree string) (says []string, err error) {
	gone, err := origin.Sides{Dir: u.new, Base: "old", New: "HEAD"}.Lost()
	if err != nil {
		return nil, err
	}
	for _, p := range gone {
		args := []string{"grep", "--no-color", "--no-full-name", "-l", "-z", "-F", "-e", `"` + u.stamp.Module + "/" + p.Dir + `"`}
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
		what := fmt.Sprintf("is no longer in the starter. Do without it, or keep it: git checkout %s -- %s", cmp.Or(u.was, "<your branch>"), p.Dir)
		if p.Now != "" {
			what = fmt.Sprintf("is %s now. Write that instead, and its name before each dot", p.Now)
		}
		says = append(says, fmt.Sprintf("%s: import %q, which %s", strings.Join(slices.Compact(files), ", "), p.Dir, what))
	}
	return says, nil
}
