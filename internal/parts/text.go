package parts

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

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

// word is what stays on one line: code is not broken, though it has blanks.
var word = regexp.MustCompile("(?:`[^`]*`|\\S)+")

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
	words := word.FindAllString(strings.Join(strings.Fields(strings.Join(lines[from:to], " ")), " "), -1)
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
