package main

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"example.com/latchkey/internal/parts"
)

// patchFile is where the changes are, line by line.
const patchFile = "bin/upstream.patch"

// summary says what is new: what the starter's CHANGELOG tells, with security fixes first; how much changes in which capability;
// and where the patch is.
func (u *update) summary() (string, error) {
	var out strings.Builder
	fmt.Fprintf(&out, "From %s (%.12s) to %s (%.12s), as %s sees it:\n", or(u.stamp.Version, "no version"), u.from, or(u.next.Version, "no version"), u.to, u.stamp.Name)
	news, err := u.news()
	if err != nil {
		return "", err
	}
	for _, n := range news {
		out.WriteString("\n" + n)
	}
	if len(news) > 0 {
		out.WriteString("\n")
	}
	if _, err := git(u.new, "fetch", "-q", u.old, "HEAD:refs/heads/old"); err != nil {
		return "", err
	}
	stat, err := git(u.new, "diff", "--numstat", "--no-renames", "old", "HEAD")
	if err != nil {
		return "", err
	}
	before, err := parts.Read(u.old)
	if err != nil {
		return "", err
	}
	after, err := parts.Read(u.new)
	if err != nil {
		return "", err
	}
	old, err := parts.All(before)
	if err != nil {
		return "", err
	}
	all, err := parts.All(after)
	if err != nil {
		return "", err
	}
	owners := map[string]string{}
	for _, p := range append(slices.Clone(old), all...) {
		for _, name := range append(p.Holds(before), p.Holds(after)...) {
			owners[name] = p.Name
		}
	}
	for name, c := range byRoom(stat, owners) {
		fmt.Fprintf(&out, "\n  %-22s %3d files  +%d -%d", name, c.files, c.more, c.less)
	}
	for _, p := range all {
		if !slices.ContainsFunc(old, func(o parts.Part) bool { return o.Name == p.Name }) {
			fmt.Fprintf(&out, "\n\n%s is new: %s. make prune WITHOUT=%[1]s takes it out.", p.Name, p.About)
		}
	}
	for _, name := range u.without {
		if slices.ContainsFunc(old, func(o parts.Part) bool { return o.Name == name }) {
			fmt.Fprintf(&out, "\n\n%s, which you took out, is not in the starter any more by that name.", name)
		}
	}
	patch, err := git(u.new, "diff", "--binary", "old", "HEAD")
	if err != nil {
		return "", err
	}
	file := filepath.Join(u.root, filepath.FromSlash(patchFile))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(file, []byte(patch+"\n"), 0o644); err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "\n\nLine by line: %s. APPLY=1 merges it, on a branch of its own.", patchFile)
	return out.String(), nil
}

// news are the entries of the starter's CHANGELOG that were not there before, those about security first.
func (u *update) news() (news []string, err error) {
	was, err := git(u.starter, "show", u.from+":CHANGELOG.md")
	if err != nil {
		return nil, err
	}
	is, err := git(u.starter, "show", u.to+":CHANGELOG.md")
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, e := range entries(was) {
		known[e] = true
	}
	for _, e := range entries(is) {
		if !known[e] {
			news = append(news, e)
		}
	}
	slices.SortStableFunc(news, func(a, b string) int { return secure(b) - secure(a) })
	return news, nil
}

// secure is 1 for an entry that is marked as a security fix.
func secure(entry string) int {
	if strings.Contains(entry, "**Security**") {
		return 1
	}
	return 0
}

// entries are the list entries of a CHANGELOG, each with the version that it stands under.
func entries(log string) (all []string) {
	version, open := "", false
	for line := range strings.Lines(log) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "## "):
			version, open = strings.Fields(line)[1], false
		case strings.HasPrefix(line, "- "):
			all, open = append(all, "  "+version+": "+line[2:]), true
		case open && strings.HasPrefix(line, "  "):
			all[len(all)-1] += " " + strings.TrimSpace(line)
		default:
			open = false
		}
	}
	return all
}

// A count is how much changes somewhere.
type count struct{ files, more, less int }

// byRoom adds up what git says of each file: by the part that it belongs to, or the folder that it is in. It yields them in order.
func byRoom(stat string, owners map[string]string) func(yield func(string, count) bool) {
	rooms := map[string]count{}
	for _, line := range lines(stat) {
		fields := strings.SplitN(line, "\t", 3)
		name := fields[2]
		room, ok := owners[name]
		if !ok {
			elements := strings.Split(path.Dir(name), "/")
			room = strings.Join(elements[:min(2, len(elements))], "/")
			if room == "." {
				room = "the top"
			}
		}
		c := rooms[room]
		more, _ := strconv.Atoi(fields[0]) //nolint:errcheck // "-" of a binary is 0
		less, _ := strconv.Atoi(fields[1]) //nolint:errcheck // the same
		rooms[room] = count{c.files + 1, c.more + more, c.less + less}
	}
	return func(yield func(string, count) bool) {
		for _, name := range slices.Sorted(maps.Keys(rooms)) {
			if !yield(name, rooms[name]) {
				return
			}
		}
	}
}
