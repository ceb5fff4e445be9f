package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/parts"
	"example.com/latchkey/internal/upstream/rooms"
)

// patchFile is where the changes are, line by line.
const patchFile = "bin/upstream.patch"

// summary says what is new: what the starter's CHANGELOG tells, with security fixes first; how much changes in which capability and
// where else; what is new as a whole, and what to beware of; and where the patch is.
func (u *update) summary() (string, error) {
	var out strings.Builder
	fmt.Fprintf(&out, "The starter from %s (%.12s) to %s (%.12s), as %s sees it.\n", cmp.Or(u.version, "no version"), u.from, cmp.Or(u.next.Version, "no version"), u.to, u.stamp.Name)
	news, err := u.news()
	if err != nil {
		return "", err
	}
	for i, n := range news {
		switch {
		case i == 0 && n.Secure:
			out.WriteString("\nSecurity, which you want to have:\n")
		case !n.Secure && (i == 0 || news[i-1].Secure):
			out.WriteString("\nNews:\n")
		}
		out.WriteString(wrap(n.Text, fmt.Sprintf("  %-8s ", n.Version)))
	}
	if _, err := git(u.new, "fetch", "-q", u.old, "HEAD:refs/heads/old"); err != nil {
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
	if err := rooms.Tell(&out, u.new, "old", "HEAD", before, after, append(slices.Clone(old), all...)); err != nil {
		return "", err
	}
	for _, p := range all {
		if !slices.ContainsFunc(old, func(o parts.Part) bool { return o.Name == p.Name }) {
			fmt.Fprintf(&out, "\n%s is new: %s. If you do not want it: make prune WITHOUT=%[1]s, after the merge.\n", p.Name, cmp.Or(p.About, "in "+p.Dir))
		}
	}
	for _, name := range u.without {
		fmt.Fprintf(&out, "\n%s, which you took out, is not in the starter any more by that name.\n", name)
	}
	if rewritten := migrations(before, after); len(rewritten) > 0 {
		fmt.Fprintf(&out, `
Beware: migrations are not as they were:
  %s
A database that has one of these already refuses to start with the new one. Keep yours, after the merge, with
git checkout <your branch> -- <file>, and write what is new as a migration of your own, from 10001 on.
`, strings.Join(rewritten, "\n  "))
	}
	file := filepath.Join(u.root, filepath.FromSlash(patchFile))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	if file, err = filepath.Abs(file); err != nil {
		return "", err
	}
	// Not git diff, whose lines depend on a dozen settings.
	if _, err := git(u.new, "diff-tree", "-p", "-M", "--binary", "--output="+file, "old", "HEAD"); err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "\nLine by line: %s", patchFile)
	return out.String(), nil
}

// migrations are the starter's that were changed or deleted.
func migrations(before, after parts.Tree) (rewritten []string) {
	for _, name := range before.Names("migrations/*.sql") {
		if after[name] != before[name] {
			rewritten = append(rewritten, name)
		}
	}
	return rewritten
}

// news are the entries of the starter's CHANGELOG that were not there before, without what is about parts that were taken out, and
// those about security first.
func (u *update) news() (news []origin.Entry, err error) {
	was, err := os.ReadFile(filepath.Join(u.old, origin.News))
	if err != nil {
		return nil, err
	}
	is, err := os.ReadFile(filepath.Join(u.new, origin.News))
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, e := range origin.Entries(string(was)) {
		known[e.Text] = true
	}
	news = slices.DeleteFunc(origin.Entries(string(is)), func(e origin.Entry) bool { return known[e.Text] })
	slices.SortStableFunc(news, func(a, b origin.Entry) int { return rank(a) - rank(b) })
	return news, nil
}

func rank(e origin.Entry) int {
	if e.Secure {
		return 0
	}
	return 1
}

// wrap breaks a text into lines of 100 characters, the first of which begins with head.
func wrap(text, head string) string {
	var out strings.Builder
	line, indent := head, strings.Repeat(" ", len(head))
	for i, word := range strings.Fields(text) {
		if i > 0 && len([]rune(line))+len([]rune(word)) >= 100 {
			out.WriteString(line + "\n")
			line = indent
		} else if i > 0 {
			line += " "
		}
		line += word
	}
	return out.String() + line + "\n"
}
