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

// accesses are what ACCESS can be.
var accesses = []string{"private", "admin", "public"}

func open(root string) *project { return &project{files.Open(root)} }

// newSection reads what was asked for.
func (p *project) newSection(name, fields, access string) (*spec.Section, error) {
	n, err := spec.NewName(name)
	if err != nil {
		return nil, fmt.Errorf("NAME: %w", err)
	}
	return p.section(n, "FIELDS", fields, access)
}

// section reads what a section shall be. An error about its fields begins with where they stand. The sections in from refer to it.
func (p *project) section(n spec.Name, where, fields, access string, from ...string) (s *spec.Section, err error) {
	s = &spec.Section{Name: n, Text: strings.Join(strings.Fields(fields), " "), Access: cmp.Or(access, "private")}
	if !slices.Contains(accesses, s.Access) {
		return nil, fmt.Errorf("ACCESS=%q: it is private, admin or public", access)
	}
	if s.Module, err = p.Module(); err != nil {
		return nil, err
	}
	from = append(slices.Clone(from), n.Table())
	find := func(name string) (*spec.Section, error) {
		switch i := slices.Index(from, strings.ReplaceAll(name, "-", "_")); {
		case name == "":
			return nil, errors.New("write the name of another section, as ref(customers)")
		case i == len(from)-1:
			return nil, errors.New("a section cannot refer to itself")
		case i >= 0:
			return nil, fmt.Errorf("%s refers to %s, and then each would need the other to be there before it", strings.Join(from[i:], " refers to "), name)
		}
		return p.find(name, from...)
	}
	if s.Fields, err = spec.ParseFields(s, fields, find); err == nil {
		err = s.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return s, nil
}

var commandLine = regexp.MustCompile(`(?m)^//\tmake section NAME=([a-z0-9_]+) FIELDS="([^"\n]*)"(?: ACCESS=([a-z]+))?$`)

// find returns a section of the project that was written by this command, as its package comment says.
func (p *project) find(name string, from ...string) (*spec.Section, error) {
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
	return p.section(n, file+", in its package comment", m[2], m[3], from...)
}
