// Package spec is what a section shall be, and the texts that make it so: names, fields and the templates that they fill. It
// writes nothing.
package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.com/latchkey/internal/generate/english"
)

// A Section is what is written: its names and its fields.
type Section struct {
	Name
	Module string
	Text   string // FIELDS, as it was given
	Fields []Field
	Access string // "private", "admin" or "public"
}

// ReadBy and WrittenBy are the access of its routes, as package web calls them.
func (s *Section) ReadBy() string { return upper(s.Access) }

func (s *Section) WrittenBy() string {
	if s.Public() {
		return "Private"
	}
	return upper(s.Access)
}

// Public reports whether everybody can read the rows, which their owners write.
func (s *Section) Public() bool { return s.Access == "public" }

// Kind and Readers say in words who the section is for.
func (s *Section) Kind() string { return english.A(s.Access) }

func (s *Section) Readers() string {
	if s.Public() {
		return "everybody"
	}
	return "only their owner"
}

// Seen is the condition of the rows that a list shows. The latest are found by their index, from its end: that changed_at is
// above 0 is true of all, and lets the database begin there.
func (s *Section) Seen() string {
	if s.Public() {
		return "id IN (SELECT id FROM " + s.Table() + " WHERE changed_at > 0 ORDER BY changed_at DESC, id DESC LIMIT 1000)"
	}
	return "owner_id = $1"
}

// N is the number of a list's parameter, of which the owner is the first.
func (s *Section) N(n int) int {
	if s.Public() {
		return n - 1
	}
	return n
}

// Visitor is how a test makes a browser of somebody who may open the pages.
func (s *Section) Visitor(name string) string {
	if s.Access == "admin" {
		return `admin(k, "` + name + `@example.org")`
	}
	return `k.Browser().LogInAs("` + name + `@example.org")`
}

// Command is what writes the section.
func (s *Section) Command() string {
	command := "make section NAME=" + s.Table() + ` FIELDS="` + s.Text + `"`
	if s.Access != "private" {
		command += " ACCESS=" + s.Access
	}
	return command
}

// Check returns an error if the fields do not make a section together.
func (s *Section) Check() error {
	if len(s.Fields) == 0 {
		return errors.New(`none is given: write it as FIELDS="title:text! body:long?"; the types are ` + Known)
	}
	if f := s.First(); !f.Required || !slices.Contains([]string{"text", "email", "url", "int", "date", "choice"}, f.Kind) {
		return fmt.Errorf("lists tell rows apart by the first field, which is %s: it must be given, and be text, email, url, int, date or choice; begin with one that is", f.Name)
	}
	names := map[string]string{"ID": "id"} // of the struct and of the form, beside those of fields that are reserved
	ofPackage := map[string]string{s.Type(): "NAME", s.TypeMany(): "NAME"}
	unique := 0
	if s.Public() && slices.ContainsFunc(s.Refs(), func(f Field) bool { return !f.Other.Public() }) {
		return errors.New("everybody would read what a ref refers to, which is not public; leave it out, or write that section with ACCESS=public")
	}
	for _, f := range s.Fields {
		own := []string{f.Go()}
		switch f.Kind {
		case "money":
			own = append(own, f.Go()+"Currency")
		case "ref":
			own = append(own, f.Go()+"ID", f.Go()+"Choices")
		}
		for _, name := range own {
			if other, taken := names[name]; taken && other == f.Name {
				return fmt.Errorf("the field %s is there twice", f.Name)
			} else if taken {
				return fmt.Errorf("%s and %s would both be called %s", other, f.Name, name)
			}
			names[name] = f.Name
		}
		if name := f.constant(); name != "" {
			if other, taken := ofPackage[name]; taken {
				return fmt.Errorf("%s needs the name %s in the code, which %s has; call one of them something else", f.Name, name, other)
			}
			ofPackage[name] = f.Name
		}
		if f.IsUnique {
			unique++
		}
		if index := s.Table() + "_" + f.Column(); f.indexes() != nil && len(index) > maxIdentifier {
			return fmt.Errorf("%s needs the index %s, and PostgreSQL takes names of %d letters at most; choose a shorter one", f.Name, index, maxIdentifier)
		}
	}
	if unique > 1 {
		return errors.New("one field can be unique, not more")
	}
	return nil
}

// maxIdentifier is how long a name can be in PostgreSQL: NAMEDATALEN - 1 (4.1.1). A longer one is cut, and then may be there
// twice.
const maxIdentifier = 63

// constant is the name in the package that a field needs for its limit or its choices; "" for none.
func (f Field) constant() string {
	switch {
	case f.IsSearched():
		return "Max" + f.Go()
	case f.Kind == "choice":
		return f.Go() + "Choices"
	}
	return ""
}

// First is the field that tells rows apart.
func (s *Section) First() Field { return s.Fields[0] }

func (s *Section) filter(keep func(f Field) bool) (list []Field) {
	for _, f := range s.Fields {
		if keep(f) {
			list = append(list, f)
		}
	}
	return list
}

// columns is how many fields a list shows: more do not fit beside each other.
const columns = 5

// Longs are the texts of several lines; Short are the others, and Details those of them after the first. Cells are
// those of Details that a list shows.
func (s *Section) Longs() []Field { return s.filter(func(f Field) bool { return f.Kind == "long" }) }

// LongSum is the sum of the limits of Longs, as Go.
func (s *Section) LongSum() string {
	var limits []string
	for _, f := range s.Longs() {
		limits = append(limits, f.constant())
	}
	if len(limits) == 1 {
		return limits[0]
	}
	return "(" + strings.Join(limits, "+") + ")"
}

func (s *Section) Short() []Field   { return s.filter(func(f Field) bool { return f.Kind != "long" }) }
func (s *Section) Details() []Field { return s.Short()[1:] }
func (s *Section) Cells() []Field   { return s.Short()[1:min(columns, len(s.Short()))] }

// Refs are the fields that refer to rows of other sections.
func (s *Section) Refs() []Field { return s.filter(func(f Field) bool { return f.Kind == "ref" }) }

// RefsTo are those of Refs to one section.
func (s *Section) RefsTo(other *Section) []Field {
	return s.filter(func(f Field) bool { return f.Kind == "ref" && f.Other.Pkg() == other.Pkg() })
}

// Others are the first of Refs to each section.
func (s *Section) Others() (list []Field) {
	for _, f := range s.Refs() {
		if !slices.ContainsFunc(list, func(x Field) bool { return x.Other.Pkg() == f.Other.Pkg() }) {
			list = append(list, f)
		}
	}
	return list
}

// Searched are the fields that a search looks into.
func (s *Section) Searched() []Field { return s.filter(Field.IsSearched) }

// IsSearched reports whether a search looks into the field.
func (f Field) IsSearched() bool {
	return slices.Contains([]string{"text", "long", "email", "url"}, f.Kind)
}

// SearchedArgs are the texts that a search looks into.
func (s *Section) SearchedArgs() string {
	var args []string
	for _, f := range s.Searched() {
		args = append(args, s.Var()+"."+f.Go())
	}
	return strings.Join(args, ", ")
}

func first(list []Field) *Field {
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

// Long is the first of Longs, Unique the field whose value the owner has once, Searchable one that is searched and sorted by:
// nil for none.
func (s *Section) Long() *Field { return first(s.Longs()) }

func (s *Section) Unique() *Field { return first(s.filter(func(f Field) bool { return f.IsUnique })) }

func (s *Section) Searchable() *Field {
	return first(slices.DeleteFunc(s.Searched(), func(f Field) bool { return f.Kind == "long" }))
}

// Args are what is written of a row's fields, each with a comma after it; Scanned what is read of a row.
func (s *Section) Args() (string, error) {
	args, err := s.join("arg")
	if s.Searched() != nil {
		args += s.Var() + ".searched(), "
	}
	return args, err
}

func (s *Section) Scanned() (string, error) {
	read, err := s.join("scan")
	return "&" + s.Var() + ".ID, " + read + "&" + s.Var() + ".Version, &created, &changed", err
}

func (s *Section) join(place string) (string, error) {
	t, err := parse("fields.tmpl")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, f := range s.Fields {
		text, err := part(t, place, f)
		if err != nil {
			return "", err
		}
		b.WriteString(text + ", ")
	}
	return b.String(), nil
}
