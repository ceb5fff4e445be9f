package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/latchkey/internal/generate/files"
	"example.com/latchkey/internal/generate/spec"
)

// writeField adds a field to a section that make section wrote, and returns what to tell whoever asked for it. What was
// edited by hand since is kept. Where an edit stands in the way, nothing is changed, and the error says what would go there; with
// force the rest is written, and the report says what is left to add.
func writeField(root, name, field string, force bool) (string, error) {
	p := open(root)
	if name == "" || len(strings.Fields(field)) != 1 {
		return "", errors.New(`write it as make field SECTION=invoices FIELD="note:long?"`)
	}
	old, err := p.find(name)
	if err != nil {
		return "", fmt.Errorf("SECTION: %w", err)
	}
	next, err := p.section(old.Name, "FIELD", old.Text+" "+field, old.Access)
	if err != nil {
		return "", err
	}
	f := next.Fields[len(next.Fields)-1]
	if f.IsUnique && f.Kind == "int" && f.Required {
		return "", errors.New("FIELD: the rows that are there already would all have 0, and only one could; write int?^")
	}
	before, err := old.Render()
	if err != nil {
		return "", err
	}
	after, err := next.Render()
	if err != nil {
		return "", err
	}
	others, err := p.others(old.Name)
	if err != nil {
		return "", err
	}
	byHand, examples := p.merge(before, after)
	now, err := p.others(old.Name) // of the changed text
	if err != nil {
		return "", err
	}
	more, _ := p.merge(others, now) // their tests may fill in the form of this one
	if byHand = append(byHand, more...); byHand != nil && !force {
		return "", fmt.Errorf("nothing is changed. With FORCE=1 the rest is written, and you add this by hand; or put back what was there, and try again:\n%w",
			errors.Join(byHand...))
	}
	p.Unfinished = byHand != nil
	migration := "migrations/" + p.NextMigration() + "_" + old.Table() + "_" + f.Name + ".sql"
	if err := p.Add(migration, f.AddColumn()); err != nil {
		return "", err
	}
	if err := p.Write(); err != nil {
		return "", err
	}
	todo := "Next: make test, make run."
	if byHand != nil {
		todo = "Next: add what is left; then make generate, make test, make run.\n" + errors.Join(byHand...).Error()
	}
	report := fmt.Sprintf("The %s have a new field, %s: its column is in %s, the rest in internal/sections/%s.\n%s",
		old.Many(), f.Words(), migration, old.Pkg(), todo)
	if examples != nil {
		report += fmt.Sprintf("\nThe examples of make seed go without it, until you add it to those you wrote:\n%v", errors.Join(examples...))
	}
	return report, nil
}

// merge makes the changes from one text of each file to the other in the project's. It returns those that have no place:
// byHand those that the code needs, examples those that it is complete without.
func (p *project) merge(before, after map[string]string) (byHand, examples []error) {
	for _, file := range slices.Sorted(maps.Keys(after)) {
		if before[file] == after[file] {
			continue
		}
		merged, missing := files.Merge(p.Read(file), before[file], after[file])
		if missing != nil && strings.HasSuffix(file, "/seed.go") {
			examples = append(examples, places(file, missing)...)
			continue
		}
		byHand = append(byHand, places(file, missing)...)
		p.Change(file, merged)
	}
	return byHand, examples
}

func places(file string, missing []files.Hunk) (list []error) {
	for _, h := range missing {
		list = append(list, fmt.Errorf("%s was edited at the place where this goes:\n%s", file, h))
	}
	return list
}

// others are the files of the sections, but for this one, that make section wrote, as it would write them now.
func (p *project) others(but spec.Name) (map[string]string, error) {
	all := map[string]string{}
	for _, folder := range p.List("internal/sections") {
		m := commandLine.FindStringSubmatch(p.Read("internal/sections/" + folder + "/" + folder + ".go"))
		if m == nil || folder == but.Pkg() {
			continue
		}
		s, err := p.find(m[1])
		if err != nil { // of a section that was changed by hand
			continue
		}
		texts, err := s.Render()
		if err != nil {
			return nil, err
		}
		maps.Copy(all, texts)
	}
	return all, nil
}
