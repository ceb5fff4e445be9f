package parts

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"strings"
)

// gone is what the code declared before and does not any more, and which documentation must not name therefore.
type gone struct {
	settings, events, tests map[string]bool
	files                   map[string]bool
}

var (
	settingName = regexp.MustCompile(`"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"`)
	eventName   = regexp.MustCompile(`"([a-z]+\.[a-z_]+)"`)
	testName    = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
)

// clean takes out of the documentation what names something that is gone: rows of tables about settings, limits and events,
// names of tests and the rows that have none left, links to pages.
func clean(before, after Tree) {
	g := gone{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for name := range before {
		if _, stays := after[name]; !stays {
			g.files[name] = true
		}
	}
	for _, c := range []struct {
		names         map[string]bool
		form          *regexp.Regexp
		before, after string // what stands around the name
		in            func(name string) bool
	}{
		{g.settings, settingName, `"`, `"`, code},
		{g.events, eventName, `"`, `"`, code},
		{g.tests, testName, "func ", "(", func(name string) bool { return strings.HasSuffix(name, "_test.go") }},
	} {
		for name, text := range before {
			if c.in(name) && after[name] != text {
				for _, m := range c.form.FindAllStringSubmatch(text, -1) {
					c.names[m[1]] = true
				}
			}
		}
		for name, text := range after {
			if c.in(name) {
				maps.DeleteFunc(c.names, func(n string, _ bool) bool { return strings.Contains(text, c.before+n+c.after) })
			}
		}
	}
	for name, text := range after {
		if strings.HasSuffix(name, ".md") {
			after[name] = g.document(name, text)
		}
	}
}

var (
	span1    = regexp.MustCompile("`([^`]+)`")
	onlyRow  = regexp.MustCompile("^\\| ((?:`[^`]+`(?:, )?)+) \\|")
	mdLink   = regexp.MustCompile(`\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)`)
	listLink = regexp.MustCompile(`(?: ·\s+)?\[[^\]]*\]\(\x00\)`)
)

// document returns a page without what is gone.
func (g gone) document(name, text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			out.WriteString(line)
			continue
		}
		if row := g.row(line); row != "" {
			out.WriteString(row)
		}
	}
	changed := g.links(name, g.sentences(out.String()))
	return renumber(name, text, changed)
}

// row returns a row of a table without the tests that are gone, or "" if it is about something that is gone, or has no test left.
func (g gone) row(line string) string {
	if m := onlyRow.FindStringSubmatch(line); m != nil {
		all := true
		for _, one := range span1.FindAllStringSubmatch(m[1], -1) {
			all = all && (g.events[one[1]] || g.settings[one[1]])
		}
		if all {
			return ""
		}
	}
	for _, cell := range strings.Split(line, " | ") {
		if c := strings.Trim(cell, "| \n"); len(c) > 2 && g.settings[strings.Trim(c, "`")] && c[0] == '`' {
			return ""
		}
	}
	had, has := 0, 0
	kept := span1.ReplaceAllStringFunc(line, func(s string) string {
		n := strings.Trim(s, "`")
		if strings.HasPrefix(n, "Test") || strings.HasPrefix(n, "Fuzz") {
			had++
			if g.tests[n] {
				return "\x00"
			}
			has++
		}
		return s
	})
	if had > 0 && has == 0 {
		return ""
	}
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(kept, " \x00", ""), "\x00 ", ""), "\x00", "")
}

var testList = regexp.MustCompile("\\s*\\((?:`\x00`(?:[\\s,·]+)?)+\\)|(?:,\\s+|\\s+)?`\x00`")

// sentences takes names of tests that are gone out of running text. What stands between fences is code, whose backticks
// are not those of a span.
func (g gone) sentences(text string) string {
	pieces := fence.Split(text, -1)
	fences := fence.FindAllString(text, -1)
	var out strings.Builder
	for i, piece := range pieces {
		if i%2 == 0 {
			piece = g.prose(piece)
		}
		out.WriteString(piece)
		if i < len(fences) {
			out.WriteString(fences[i])
		}
	}
	return out.String()
}

var fence = regexp.MustCompile("(?m)^```.*\n?")

func (g gone) prose(text string) string {
	marked := span1.ReplaceAllStringFunc(text, func(s string) string {
		if g.tests[strings.Trim(s, "`")] {
			return "`\x00`"
		}
		return s
	})
	if marked == text {
		return text
	}
	return testList.ReplaceAllString(marked, "")
}

// links takes links to pages that are gone out of lists, where dots stand between them. What else led there becomes text.
func (g gone) links(name, text string) string {
	marked := mdLink.ReplaceAllStringFunc(text, func(link string) string {
		m := mdLink.FindStringSubmatch(link)
		if g.files[path.Join(path.Dir(name), m[2])] {
			return fmt.Sprintf("[%s](\x00)", m[1])
		}
		return link
	})
	if marked == text {
		return text
	}
	var out strings.Builder
	for part := range strings.SplitAfterSeq(marked, "\n\n") { // paragraphs
		if strings.Contains(part, "\x00") && strings.Contains(part, "·") {
			part = listLink.ReplaceAllString(part, "")
			part = regexp.MustCompile(`(:|^-)\s+·\s+`).ReplaceAllString(part, "$1 ")
		}
		part = guideLink.ReplaceAllString(part, "")
		out.WriteString(mdLinkGone.ReplaceAllString(part, "$1"))
	}
	return out.String()
}

// guideLink is a link after a colon with nothing after it: it says where more stands.
var guideLink = regexp.MustCompile(`:\s+\[guide\]\(\x00\)`)

var mdLinkGone = regexp.MustCompile(`\[([^\]]*)\]\(\x00\)`)

// Decisions is the page with a row for each dependency.
const Decisions = "docs/decisions/README.md"
