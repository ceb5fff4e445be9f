// Package rooms says how much changes between two states of the starter, and where: in which capability, or in which folder.
package rooms

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/parts"
)

// A room is how much changes in a capability, or in a folder.
type room struct {
	about             string
	part              bool // it can be taken out
	files, more, less int
}

// Tell says how much changes between two commits of the repository at dir, whose files are before and after: in which of the parts, and
// elsewhere in which folder, each with what it is about. A file that was moved counts where it is now.
func Tell(out *strings.Builder, dir, old, now string, before, after parts.Tree, all []parts.Part) error {
	stat, err := origin.Listed(dir, "diff-tree", "-r", "-z", "-M", "--numstat", old, now)
	if err != nil {
		return err
	}
	owners := map[string]parts.Part{}
	for _, p := range all {
		for _, name := range append(p.Holds(before), p.Holds(after)...) {
			owners[name] = p
		}
	}
	rooms := map[string]room{}
	for i := 0; i < len(stat); i++ {
		fields := strings.SplitN(stat[i], "\t", 3)
		name := fields[2]
		if name == "" { // it was moved: its old name and its new one follow
			i += 2
			name = stat[i]
		}
		if name == origin.File {
			continue
		}
		at, r := folder(name), room{}
		if p, ok := owners[name]; ok {
			at, r = p.Name, room{about: p.About, part: true}
		} else {
			r.about = about(at, after)
		}
		more, _ := strconv.Atoi(fields[0]) //nolint:errcheck // "-" of a binary is 0
		less, _ := strconv.Atoi(fields[1]) //nolint:errcheck // the same
		sum := rooms[at]
		rooms[at] = room{r.about, r.part, sum.files + 1, sum.more + more, sum.less + less}
	}
	for _, part := range []bool{true, false} {
		title := map[bool]string{true: "\nCapabilities that change:\n", false: "\nIn the core, and around it:\n"}[part]
		for _, at := range slices.Sorted(maps.Keys(rooms)) {
			r := rooms[at]
			if r.part != part {
				continue
			}
			files := "1 file "
			if r.files != 1 {
				files = fmt.Sprintf("%d files", r.files)
			}
			more, less := fmt.Sprintf("+%d", r.more), fmt.Sprintf("-%d", r.less)
			if r.more+r.less == 0 { // no text
				more, less = "", ""
			}
			out.WriteString(title + strings.TrimRight(fmt.Sprintf("  %-22s %9s %6s %6s  %s", at, files, more, less, r.about), " ") + "\n")
			title = ""
		}
	}
	return nil
}

// folder is where a file is: its first folder, or the first two of what is in internal and cmd.
func folder(name string) string {
	elements := strings.Split(path.Dir(name), "/")
	switch {
	case elements[0] == ".":
		return "(the top folder)"
	case elements[0] == "internal" || elements[0] == "cmd":
		return strings.Join(elements[:min(2, len(elements))], "/")
	}
	return elements[0]
}

// known says of folders without Go what they hold.
var known = map[string]string{
	"(the top folder)": "Makefile, go.mod, README and the like", "docs": "guides and reference", "migrations": "the tables of the database",
	"static": "style sheets, scripts, icons", ".github": "what runs the tests on GitHub", ".forgejo": "what runs the tests on Forgejo", ".ci": "what CI runs", "internal/features": "capabilities", "internal/sections": "private pages", "internal/pages": "the pages that come with the core",
}

var comment = regexp.MustCompile(`(?m)^// (?:Package|Command) \w+ (.*\n(?:// .*\n)*)`)

var sentence = regexp.MustCompile(`^[^.:;]*(?:\.\w[^.:;]*)*`)

// about is what a folder is for: as the table of rooms in docs/architecture.md says, or the first sentence of its package's comment.
func about(at string, after parts.Tree) string {
	if says, ok := known[at]; ok {
		return says
	}
	for line := range strings.Lines(after["docs/architecture.md"]) {
		if cells := strings.Split(line, " | "); len(cells) > 2 && strings.Contains(cells[0], "`"+strings.TrimPrefix(at, "internal/")+"`") {
			return shorten(cells[1])
		}
	}
	for _, name := range after.Names(at + "/*.go") {
		if m := comment.FindStringSubmatch(after[name]); m != nil && !strings.HasSuffix(name, "_test.go") {
			return shorten(strings.TrimPrefix(sentence.FindString(strings.ReplaceAll(m[1], "\n// ", " ")), "is "))
		}
	}
	return ""
}

// shorten cuts a sentence that would not stand in one line, between two words.
func shorten(sentence string) string {
	const most = 75
	sentence = strings.TrimSpace(sentence)
	if len(sentence) <= most {
		return sentence
	}
	cut := sentence[:strings.LastIndexByte(sentence[:most], ' ')]
	return strings.TrimRight(cut, " ,") + " …"
}
