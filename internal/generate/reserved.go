package main

import (
	"fmt"
	"go/doc"
	"go/scanner"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"example.com/latchkey/internal/generate/spec"
)

// pageNames are those that pages.templ gives, beside what the Go files give.
var pageNames = []string{"listPage", "showPage", "editPage", "conflictPage", "deletePage", "title", "action", "input", "inputs", "others", "i", "list", "form", "saved", "templ", "fmt"}

// checkName returns an error if a section cannot have the name in this project.
func (p *project) checkName(n spec.Name) error {
	taken := func(why string) error { return fmt.Errorf("NAME=%q %s; choose another word", n.Table(), why) }
	for _, word := range []string{n.Pkg(), n.Var(), n.Vars()} {
		if token.IsKeyword(word) || doc.IsPredeclared(word) || slices.Contains([]string{"init", "main", "internal", "vendor", "testdata"}, word) {
			return taken("makes " + word + ", which Go reserves")
		}
	}
	if spec.IsSQL(n.Table()) {
		return taken("is a word that SQL reserves")
	}
	for _, folder := range []string{"internal/sections/", "internal/features/", "internal/pages/"} {
		if p.Exists(folder + n.Pkg()) {
			return taken("is there already: " + folder + n.Pkg())
		}
	}
	for line := range strings.Lines(p.Read("internal/app/routes.txt")) {
		if path, _, _ := strings.Cut(line, " "); path == n.Path() || strings.HasPrefix(path, n.Path()+"/") {
			return taken("has an address that is on the map already: " + path)
		}
	}
	return nil
}

// checkSection is checkName for a section with a table.
func (p *project) checkSection(n spec.Name) error {
	if err := p.checkName(n); err != nil {
		return err
	}
	if file := p.tables()[n.Table()]; file != "" {
		return fmt.Errorf("NAME=%q: migrations/%s has a table or an index of this name; choose another word", n.Table(), file)
	}
	if spec.IsTableOfDatabase(n.Table()) {
		return fmt.Errorf("NAME=%q is the name of a table that databases have for themselves; choose another word", n.Table())
	}
	own, err := ownNames()
	if err != nil {
		return err
	}
	for _, word := range []string{n.Pkg(), n.Var(), n.Vars(), n.Type(), n.TypeMany()} {
		if own[word] {
			return fmt.Errorf("NAME=%q makes %s, which the code of every section has for something else; choose another word", n.Table(), word)
		}
	}
	return nil
}

var createTable = regexp.MustCompile(`(?i)create\s+(?:table|(?:unique\s+)?index)\s+(?:if\s+not\s+exists\s+)?"?(\w+)`)

// tables returns the file that makes each table and index: they must not have one name.
func (p *project) tables() map[string]string {
	tables := map[string]string{}
	for _, file := range p.List("migrations") {
		for _, m := range createTable.FindAllStringSubmatch(p.Read("migrations/"+file), -1) {
			tables[strings.ToLower(m[1])] = file
		}
	}
	return tables
}

// ownNames are the identifiers in the code of a section, whatever it is called: what its own names must differ from.
func ownNames() (map[string]bool, error) {
	s := &spec.Section{Name: spec.SplitName("zebras"), Module: "m", Access: "private"}
	var err error
	s.Fields, err = spec.ParseFields(s, "zza:text!^ zzb:long? zzc:int? zzd:money zze:choice(a|b) zzf:date", nil)
	if err != nil {
		return nil, err
	}
	texts, err := s.Render()
	if err != nil {
		return nil, err
	}
	own := map[string]bool{"choices": true}
	for _, name := range pageNames {
		own[name] = true
	}
	for file, text := range texts {
		if !strings.HasSuffix(file, ".go") {
			continue
		}
		var sc scanner.Scanner
		fset := token.NewFileSet()
		sc.Init(fset.AddFile(file, -1, len(text)), []byte(text), nil, 0)
		var before, name string
		for {
			_, tok, literal := sc.Scan()
			if name != "" && tok != token.COLON { // not the key of a struct's field
				own[name] = true
			}
			name = ""
			if tok == token.EOF {
				break
			}
			if tok == token.IDENT && before != "." && !strings.Contains(strings.ToLower(literal), "zebra") && !strings.HasPrefix(strings.ToLower(literal), "zz") {
				name = literal
			}
			before = tok.String()
		}
	}
	return own, nil
}
