package parts

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Remove returns the project without these parts, and remarks about what should be looked at: texts that a part says stand
// somewhere and that are not there, as somebody wrote them anew. It returns an error if what stays needs what goes.
//
// Left to do are what only tools can write: go.mod, generated pages, the print of the map; then see DropModules.
func Remove(t Tree, chosen []Part) (after Tree, remarks []string, err error) {
	after = maps.Clone(t)
	for _, p := range chosen {
		for _, name := range p.Holds(t) {
			delete(after, name)
		}
	}
	for _, p := range chosen {
		edits := p.Edits
		if p.Dir != "" {
			edits = append(slices.Clip(edits), Edit{Do: "lines", File: list, Old: `/` + p.Name + `"$|\b` + p.Name + `\.New\(`, where: p.Dir})
		}
		for _, e := range edits {
			found, err := e.apply(t, after)
			if err != nil {
				return nil, nil, err
			}
			if !found {
				remarks = append(remarks, fmt.Sprintf("%s does not say %q any more (%s): look whether it says something else about %s", e.File, e.Old, e.where, p.Name))
			}
		}
	}
	for name, text := range after {
		if text == t[name] || !strings.HasSuffix(name, ".go") {
			continue
		}
		if after[name], err = tidyImports(name, t[name], text); err != nil {
			return nil, nil, err
		}
	}
	clean(t, after)
	descriptions(t, after)
	return after, remarks, needed(after, chosen)
}

// descriptions takes out of what other parts say of themselves the lines about files that are gone.
func descriptions(before, after Tree) {
	for _, name := range slices.Concat(after.Names("internal/*/*/prune.txt"), after.Names(own+"*.txt")) {
		var out strings.Builder
		for line := range strings.Lines(after[name]) {
			word, rest, _ := strings.Cut(line, " ")
			fields := strings.Fields(rest)
			switch word {
			case "file":
				stay := slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return stale(before, after, f) })
				if len(stay) < len(fields) {
					line = "file " + strings.Join(stay, " ") + "\n"
				}
				if len(stay) == 0 {
					line = ""
				}
			case "cut", "swap", "lines", "entry", "decl", "stmt":
				if stale(before, after, fields[0]) {
					line = ""
				}
			}
			out.WriteString(line)
		}
		after[name] = out.String()
	}
}

func stale(before, after Tree, glob string) bool {
	return len(before.Names(glob)) > 0 && len(after.Names(glob)) == 0
}

// needed returns an error that names the files which import what goes.
func needed(after Tree, chosen []Part) error {
	var needs []string
	for name, text := range after {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		for _, p := range chosen {
			for _, imported := range imports(name, text) {
				if p.Dir != "" && strings.HasSuffix(imported, "/"+p.Dir) {
					needs = append(needs, name+" imports "+p.Dir)
				}
			}
		}
	}
	if len(needs) == 0 {
		return nil
	}
	slices.Sort(needs)
	return fmt.Errorf("what stays needs what goes:\n  %s\nchange that first", strings.Join(needs, "\n  "))
}

// starter is where the README of the starter stands in a project that was renamed.
const starter = "docs/starter.md"

// apply makes the edit in all files that stay. It reports whether there was something to take out before, or no such file.
func (e Edit) apply(before, after Tree) (found bool, err error) {
	names := before.Names(e.File)
	if e.File == "README.md" {
		names = append(names, before.Names(starter)...)
	}
	found = len(names) == 0 || strings.Contains(e.File, "*") // what one has, another may lack
	for _, name := range names {
		edit := e
		if name == starter {
			edit.Old, edit.New = relocate(e.Old), relocate(e.New)
		}
		was, err := edit.in(name, before[name])
		if err != nil {
			return false, fmt.Errorf("%s: %w", e.where, err)
		}
		found = found || was != before[name]
		text, stays := after[name]
		if !stays {
			continue
		}
		if after[name], err = edit.in(name, text); err != nil {
			return false, fmt.Errorf("%s: %w", e.where, err)
		}
	}
	return found, nil
}

// relocate makes the links of README right for docs, as rename does.
func relocate(text string) string {
	return strings.ReplaceAll(text, "](docs/", "](")
}

// in returns the text after the edit.
func (e Edit) in(name, text string) (string, error) {
	switch e.Do {
	case "cut", "swap":
		return replace(name, text, e.Old, e.New), nil
	}
	match, err := regexp.Compile(e.Old)
	if err != nil {
		return "", err
	}
	switch e.Do {
	case "lines":
		var out strings.Builder
		for line := range strings.Lines(text) {
			if !match.MatchString(strings.TrimSuffix(line, "\n")) {
				out.WriteString(line)
			}
		}
		return renumber(name, text, out.String()), nil
	case "entry":
		return tidyBlanks(renumber(name, text, entries(text, match))), nil
	case "decl":
		spans, err := declarations(name, text, match)
		return tidyBlanks(without(text, spans)), err
	default: // stmt
		spans, err := statements(name, text, match)
		return without(text, spans), err
	}
}

var blanks = regexp.MustCompile(`\n\n\n+`)

// tidyBlanks leaves one blank line of several.
func tidyBlanks(text string) string {
	return strings.TrimRight(blanks.ReplaceAllString(text, "\n\n"), "\n") + "\n"
}

// replace puts one text in the place of another, wherever that stands and however its lines are broken. A line that is blank
// then goes; a paragraph of Markdown is filled anew.
func replace(name, text, before, after string) string {
	pattern := regexp.MustCompile(flexible(before))
	found := pattern.FindAllStringIndex(text, -1)
	for _, at := range slices.Backward(found) {
		head, tail := text[:at[0]], text[at[1]:]
		line := head[strings.LastIndexByte(head, '\n')+1:]
		rest, _, _ := strings.Cut(tail, "\n")
		if after == "" && strings.TrimSpace(line+rest) == "" {
			text = strings.TrimSuffix(head, line) + strings.TrimPrefix(tail[len(rest):], "\n")
			continue
		}
		text = head + after + tail
		if strings.HasSuffix(name, ".md") {
			text = fill(text, len(head))
		}
	}
	if len(found) > 0 {
		text = renumber(name, "", tidyBlanks(text))
	}
	return text
}

// entries returns a page without the entries of lists, or the paragraphs, whose first line matches.
func entries(text string, match *regexp.Regexp) string {
	var out strings.Builder
	inside, first := false, true
	for line := range strings.Lines(text) {
		begins := item.MatchString(line)
		if begins || first {
			inside = match.MatchString(line)
		}
		if blank := strings.TrimSpace(line) == ""; blank {
			inside, first = false, true
		} else {
			first = false
		}
		if !inside {
			out.WriteString(line)
		}
	}
	return out.String()
}

// flexible returns an expression for a text with any blanks and line ends for its blanks.
func flexible(text string) string {
	var out strings.Builder
	if m := number.FindString(text); m != "" { // entries before it may be gone
		out.WriteString(`[0-9]+\.\s+`)
		text = text[len(m):]
	}
	blank := false
	for _, c := range text {
		if c == ' ' || c == '\n' || c == '\t' {
			if !blank {
				out.WriteString(`\s+`)
			}
			blank = true
			continue
		}
		blank = false
		out.WriteString(regexp.QuoteMeta(string(c)))
	}
	return out.String()
}

const width = 120 // of a filled line

var special = regexp.MustCompile("^\\s*([|#<>]|```|$)")

var item = regexp.MustCompile(`^(\s*)([-*]|[0-9]+\.)\s`)

// fill breaks the lines of the paragraph or list entry at this place anew, if some words are on a line of their own now.
func fill(text string, at int) string {
	if strings.Count(text[:at], "```")%2 == 1 {
		return text
	}
	lines := strings.SplitAfter(text, "\n")
	n, sum := 0, 0
	for n < len(lines)-1 && sum+len(lines[n]) <= at {
		sum += len(lines[n])
		n++
	}
	if special.MatchString(lines[n]) {
		return text
	}
	from := n
	for from > 0 && !item.MatchString(lines[from]) && !special.MatchString(lines[from-1]) {
		from--
	}
	to := n + 1
	for to < len(lines) && !special.MatchString(lines[to]) && !item.MatchString(lines[to]) {
		to++
	}
	indent := ""
	if m := item.FindString(lines[from]); m != "" {
		indent = strings.Repeat(" ", len(m))
	}
	words := strings.Fields(strings.Join(lines[from:to], " "))
	if len(words) == 0 {
		return text
	}
	first := lines[from][:len(lines[from])-len(strings.TrimLeft(lines[from], " "))]
	var out strings.Builder
	line := first
	for _, w := range words {
		switch {
		case strings.TrimSpace(line) == "":
			line += w
		case len([]rune(line))+1+len([]rune(w)) > width:
			out.WriteString(line + "\n")
			line = indent + w
		default:
			line += " " + w
		}
	}
	out.WriteString(line + "\n")
	return strings.Join(lines[:from], "") + out.String() + strings.Join(lines[to:], "")
}

var number = regexp.MustCompile(`^([0-9]+)\. `)

// renumber counts the entries of numbered lists anew, in a file of Markdown.
func renumber(name, before, after string) string {
	if path.Ext(name) != ".md" || before == after {
		return after
	}
	var out strings.Builder
	n, fenced := 0, false
	for line := range strings.Lines(after) {
		m := number.FindString(line)
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
		case m != "" && !fenced && (n > 0 || m == "1. " || m == "2. "):
			n++
			line = fmt.Sprintf("%d. %s", n, line[len(m):])
		case strings.TrimSpace(line) != "" && !strings.HasPrefix(line, " "):
			n = 0
		}
		out.WriteString(line)
	}
	return out.String()
}
