// Package layout puts generated Go into the form that a person would have given it, where gofmt leaves the choice.
package layout

import (
	"regexp"
	"strings"
)

// Wrap breaks a list with commas into lines of about 110 characters, and indents all but the first. What stands in brackets
// stays in one line.
func Wrap(tabs int, list string) string {
	var lines, items []string
	depth, from := 0, 0
	for i, c := range list {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			items, from = append(items, list[from:i]), i+len(", ")
		}
	}
	line := ""
	for _, item := range append(items, list[from:]) {
		if line != "" && len(line)+len(item) > 110 {
			lines, line = append(lines, line+","), ""
		}
		if line != "" {
			line += ", "
		}
		line += item
	}
	return strings.Join(append(lines, line), "\n"+strings.Repeat("\t", tabs))
}

var importLine = regexp.MustCompile(`(?m)^\t"(?:[\w./-]*/)?(\w+)"\n`)

// PruneImports takes out the imports that the file does not use.
func PruneImports(text string) string {
	head, rest, found := strings.Cut(text, "\n)\n")
	if !found || !strings.Contains(head, "import (") {
		return text
	}
	head = importLine.ReplaceAllStringFunc(head+"\n", func(line string) string {
		name := importLine.FindStringSubmatch(line)[1]
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(rest) {
			return line
		}
		return ""
	})
	return strings.NewReplacer("import (\n\n", "import (\n", "\n\n)", "\n)").Replace(head + ")\n" + rest)
}
