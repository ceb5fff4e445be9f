package parts

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"example.com/latchkey/internal/parts/gocode"
)

// Remove returns the project without these parts, and remarks about what should be looked at: texts that a part says stand
// somewhere and that are not there, as somebody wrote them anew. It returns an error if what stays needs what goes.
//
// Left to do are what only tools can write: go.mod, generated pages, the print of the map, and rows about modules that
// nothing needs any more.
func Remove(t Tree, chosen []Part) (after Tree, remarks []string, err error) {
	after = maps.Clone(t)
	for _, p := range chosen {
		for _, name := range p.Holds(t) {
			delete(after, name)
		}
	}
	for _, p := range chosen { // what one puts, another may edit
		for _, e := range p.Edits {
			if e.Do == "put" {
				e.put(t, after)
			}
		}
	}
	copies := putCopies(after)
	for _, p := range chosen {
		others := slices.DeleteFunc(slices.Clone(p.Edits), func(e Edit) bool { return e.Do == "put" })
		if p.Dir != "" {
			others = append(slices.Clip(others), Edit{Do: "lines", File: list, Old: `/` + p.Name + `"$|\b` + p.Name + `\.New\(`, where: p.Dir})
		}
		for _, e := range others {
			found, err := e.apply(t, after, copies)
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
		if after[name], err = gocode.TidyImports(name, t[name], text); err != nil {
			return nil, nil, err
		}
		if gocode.Empty(name, after[name]) && !gocode.Empty(name, t[name]) {
			delete(after, name)
		}
	}
	clean(t, after)
	descriptions(t, after)
	return after, remarks, needed(t, after)
}

// descriptions takes out of what other parts say of themselves the lines about files that are gone.
func descriptions(before, after Tree) {
	for _, name := range slices.Concat(after.Names("internal/*/*/prune.txt"), after.Names(own+"*.txt")) {
		var out strings.Builder
		for line := range strings.Lines(after[name]) {
			word, rest, _ := strings.Cut(line, " ")
			fields := strings.Fields(rest)
			switch word {
			case "file", "with":
				stay := slices.DeleteFunc(slices.Clone(fields), func(f string) bool {
					return stale(before, after, f) || word == "with" && stale(before, after, "internal/*/"+f+"/*.go")
				})
				if len(stay) < len(fields) {
					line = word + " " + strings.Join(stay, " ") + "\n"
				}
				if len(stay) == 0 {
					line = ""
				}
			default:
				if slices.Contains(edits, word) && (stale(before, after, fields[0]) || word != "put" && nothingLeft(word, rest, before, after)) {
					line = ""
				}
			}
			out.WriteString(line)
		}
		after[name] = out.String()
	}
}

// nothingLeft reports whether an edit would find nothing any more in its file, in which it found something before.
func nothingLeft(do, rest string, before, after Tree) bool {
	e, err := parseEdit(do, strings.TrimSpace(rest))
	name := e.File
	if _, renamed := before[starter]; renamed && name == "README.md" {
		name, e.Old = starter, relocate(e.Old)
	}
	if err != nil || strings.Contains(name, "*") || after[name] == before[name] {
		return false
	}
	was, err := e.in(name, before[name])
	now, err2 := e.in(name, after[name])
	return err == nil && err2 == nil && was != before[name] && now == after[name]
}

func stale(before, after Tree, glob string) bool {
	return len(before.Names(glob)) > 0 && len(after.Names(glob)) == 0
}

// needed returns an error that names the files which import a package or ask a table that goes, and the migrations with a reference
// to such a table.
func needed(before, after Tree) error {
	var needs []string
	for _, gone := range before.Names("migrations/*.sql") {
		if _, stays := after[gone]; stays {
			continue
		}
		for _, table := range Tables(before[gone]) {
			refers := regexp.MustCompile(`(?i)\bREFERENCES\s+"?` + table + `\b`)
			for _, name := range after.Names("migrations/*.sql") {
				if refers.MatchString(after[name]) {
					needs = append(needs, name+" refers to the table "+table)
				}
			}
			for name, text := range after {
				if code(name) && uses(text, table, query, false) {
					needs = append(needs, name+" asks the table "+table)
				}
			}
		}
	}
	module, _, _ := strings.Cut(strings.TrimPrefix(after["go.mod"], "module "), "\n")
	goes := map[string]bool{} // folders of packages
	for name, text := range after {
		if path.Ext(name) != ".templ" && path.Ext(name) != ".go" || strings.HasSuffix(name, "_templ.go") { // these are generated anew
			continue
		}
		for _, imported := range gocode.Imports(name, text) {
			dir, ours := strings.CutPrefix(imported, module+"/")
			if _, known := goes[dir]; ours && !known {
				goes[dir] = stale(before, after, dir+"/*.go")
			}
			if goes[dir] {
				needs = append(needs, name+" imports "+dir)
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

// putCopies are the files that descriptions put in the place of others, by these: what is edited in one is edited in the
// other, so that it does not matter what is taken out first.
func putCopies(t Tree) map[string][]string {
	copies := map[string][]string{}
	for _, name := range slices.Concat(t.Names("internal/*/*/prune.txt"), t.Names(own+"*.txt")) {
		for line := range strings.Lines(t[name]) {
			if f := strings.Fields(line); len(f) == 3 && f[0] == "put" && t[f[2]] != "" {
				copies[f[1]] = append(copies[f[1]], f[2])
			}
		}
	}
	return copies
}

// loose reports whether an edit may find nothing: what one file has another may lack, and rename begins the list of changes anew.
func (e Edit) loose() bool { return strings.Contains(e.File, "*") || e.File == "CHANGELOG.md" }

// apply makes the edit in all files that stay, and in what is put in their place. It reports whether there was something to take out before, or no such file.
func (e Edit) apply(before, after Tree, copies map[string][]string) (found bool, err error) {
	names := before.Names(e.File)
	if e.File == "README.md" {
		names = append(names, before.Names(starter)...)
	}
	found = len(names) == 0 || e.loose()
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
		for _, other := range copies[name] {
			if after[other], err = edit.in(name, after[other]); err != nil {
				return false, fmt.Errorf("%s: %w", e.where, err)
			}
		}
	}
	return found, nil
}

// put replaces a file that stays by another of the project. The README of the starter is docs/starter.md in a project that was
// renamed, whose own is left alone.
func (e Edit) put(before, after Tree) {
	name, text := e.File, before[e.New]
	if _, renamed := before[starter]; renamed && name == "README.md" {
		name, text = starter, relocate(text)
	}
	if _, stays := after[name]; stays {
		after[name] = text
	}
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
		if out.Len() == len(text) {
			return text, nil
		}
		return tidyBlanks(renumber(name, text, out.String())), nil
	case "entry":
		return tidyBlanks(renumber(name, text, entries(text, match))), nil
	case "field":
		spans, err := gocode.Fields(name, text, match)
		return tidyBlanks(gocode.Without(text, spans)), err
	case "decl":
		spans, err := gocode.Declarations(name, text, match)
		return tidyBlanks(gocode.Without(text, spans)), err
	case "func":
		spans, err := gocode.Functions(name, text, match)
		return tidyBlanks(gocode.Without(text, spans)), err
	default: // stmt
		spans, err := gocode.Statements(name, text, match)
		return gocode.Without(text, spans), err
	}
}
