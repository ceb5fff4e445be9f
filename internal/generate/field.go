package main

import (
	"errors"
	"fmt"
	"strings"

	"example.com/latchkey/internal/generate/files"
)

// writeField adds a field to a section that make section wrote, and returns what to tell whoever asked for it. What was
// edited by hand since is kept; where an edit stands in the way, nothing is changed, and the error says what to add where.
func writeField(root, name, field string) (string, error) {
	p := open(root)
	if name == "" || len(strings.Fields(field)) != 1 {
		return "", errors.New(`write it as make field SECTION=invoices FIELD="note:long?"`)
	}
	old, err := p.find(name)
	if err != nil {
		return "", err
	}
	next, err := p.section(old.Name, old.Text+" "+field, old.Access)
	if err != nil {
		return "", err
	}
	f := next.Fields[len(next.Fields)-1]
	if f.Kind == "ref" && f.Other.Pkg() == old.Pkg() {
		return "", fmt.Errorf("FIELD=%q: a section cannot refer to itself", field)
	}
	if f.IsUnique && f.Kind == "int" && f.Required {
		return "", fmt.Errorf("FIELD=%q: rows that are there already would all have 0, which is not unique; write int?^", field)
	}
	before, err := old.Render()
	if err != nil {
		return "", err
	}
	after, err := next.Render()
	if err != nil {
		return "", err
	}
	var byHand []error
	for file, text := range after {
		merged, missing := files.Merge(p.Read(file), before[file], text)
		for _, h := range missing {
			byHand = append(byHand, fmt.Errorf("%s was edited at the place where this goes:\n%s", file, h))
		}
		p.Change(file, merged)
	}
	if byHand != nil {
		return "", fmt.Errorf("nothing is changed. Add these by hand, or put back what was there and try again:\n%w", errors.Join(byHand...))
	}
	migration := "migrations/" + p.NextMigration() + "_" + old.Table() + "_" + f.Name + ".sql"
	if err := p.Add(migration, f.AddColumn()); err != nil {
		return "", err
	}
	if err := p.Write(); err != nil {
		return "", err
	}
	return fmt.Sprintf("The %s have %s now: the column is in %s, the rest in internal/sections/%s.\nNext: make test, make run.",
		old.Many(), f.A(), migration, old.Pkg()), nil
}
