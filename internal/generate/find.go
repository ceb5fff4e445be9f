package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/latchkey/internal/generate/files"
	"example.com/latchkey/internal/generate/spec"
)

// A project is what is written to.
type project struct{ *files.Project }

func open(root string) *project { return &project{files.Open(root)} }

// newSection reads what was asked for.
func (p *project) newSection(name, fields, access string) (*spec.Section, error) {
	n, err := spec.NewName(name)
	if err != nil {
		return nil, err
	}
	return p.section(n, fields, access)
}

func (p *project) section(n spec.Name, fields, access string) (s *spec.Section, err error) {
	s = &spec.Section{Name: n, Text: strings.Join(strings.Fields(fields), " "), Access: cmp.Or(access, "private")}
	if !slices.Contains([]string{"private", "admin", "public"}, s.Access) {
		return nil, fmt.Errorf("ACCESS=%q: it is private, admin or public", access)
	}
	if s.Module, err = p.Module(); err != nil {
		return nil, err
	}
	if s.Fields, err = spec.ParseFields(s, fields, p.find); err != nil {
		return nil, err
	}
	return s, s.Check()
}

var commandLine = regexp.MustCompile(`(?m)^//\tmake section NAME=([a-z0-9_]+) FIELDS="([^"\n]*)"(?: ACCESS=([a-z]+))?$`)

// find returns a section of the project that was written by this command, as its package comment says.
func (p *project) find(name string) (*spec.Section, error) {
	n, err := spec.NewName(name)
	if err != nil {
		return nil, err
	}
	file := "internal/sections/" + n.Pkg() + "/" + n.Pkg() + ".go"
	if !p.Exists(file) {
		return nil, fmt.Errorf("there is no section %s: %s is missing", name, file)
	}
	m := commandLine.FindStringSubmatch(p.Read(file))
	if m == nil || m[1] != n.Table() {
		return nil, errors.New(file + " does not say `make section NAME=" + n.Table() + " …` in its package comment: it was not written by make section")
	}
	return p.section(n, m[2], m[3])
}
