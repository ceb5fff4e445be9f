package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"

	"example.com/latchkey/internal/generate/files"
	"example.com/latchkey/internal/generate/spec"
)

// pageNames are those that pages.templ gives, beside what the Go files give.
var pageNames = []string{"listPage", "showPage", "editPage", "conflictPage", "deletePage", "title", "action", "input", "inputs", "others", "i", "list", "form", "saved", "mine", "templ", "fmt"}

// taken says why a name cannot be had.
func taken(n spec.Name, why string) error {
	return fmt.Errorf("NAME: %q %s; choose another word", n.Table(), why)
}

// checkGo returns an error if Go reserves one of the words that a name makes.
func checkGo(n spec.Name, words ...string) error {
	for _, word := range words {
		if token.IsKeyword(word) || doc.IsPredeclared(word) || slices.Contains([]string{"init", "main", "internal", "vendor", "testdata"}, word) {
			return taken(n, "makes "+word+", which Go reserves")
		}
	}
	return nil
}

// checkName returns an error if neither a section nor a page can have the name in this project.
func (p *project) checkName(n spec.Name) error {
	if err := checkGo(n, n.Pkg()); err != nil {
		return err
	}
	for _, folder := range []string{"internal/sections/", "internal/features/", "internal/pages/"} {
		if p.Exists(folder + n.Pkg()) {
			return taken(n, "is there already: "+folder+n.Pkg())
		}
	}
	for line := range strings.Lines(p.Read("internal/app/routes.txt")) {
		if address, _, _ := strings.Cut(line, " "); address == n.Path() || strings.HasPrefix(address, n.Path()+"/") {
			return taken(n, "has an address that is on the map already: "+address)
		}
	}
	file, err := p.ofApp(n.Pkg())
	if err != nil {
		return err
	}
	if file != "" {
		return taken(n, "makes "+n.Pkg()+", which "+file+" has for something else")
	}
	return nil
}

// ofApp returns the file of package app that has a name of its own which is the word, or imports a package of this name into
// its list of features, which will import the section's; "" for none.
func (p *project) ofApp(word string) (string, error) {
	folder := path.Dir(files.Features)
	for _, name := range p.List(folder) {
		file := folder + "/" + name
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, p.Read(file), 0)
		if err != nil {
			return "", err
		}
		if f.Name.Name != "app" {
			continue
		}
		if declares(f, word) {
			return file, nil
		}
		for _, i := range f.Imports {
			if file == files.Features && strings.HasSuffix(i.Path.Value, "/"+word+`"`) {
				return file, nil
			}
		}
	}
	return "", nil
}

// declares reports whether the word is a name of the package that the file declares.
func declares(f *ast.File, word string) bool {
	return slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		if d, ok := d.(*ast.FuncDecl); ok {
			return d.Recv == nil && d.Name.Name == word
		}
		return slices.ContainsFunc(d.(*ast.GenDecl).Specs, func(s ast.Spec) bool {
			switch s := s.(type) {
			case *ast.TypeSpec:
				return s.Name.Name == word
			case *ast.ValueSpec:
				return slices.ContainsFunc(s.Names, func(n *ast.Ident) bool { return n.Name == word })
			}
			return false
		})
	})
}

// checkSection is checkName for a section with a table.
func (p *project) checkSection(n spec.Name) error {
	if err := p.checkName(n); err != nil {
		return err
	}
	if err := checkGo(n, n.Var(), n.Vars()); err != nil {
		return err
	}
	if spec.IsSQL(n.Table()) {
		return taken(n, "is a word that SQL reserves")
	}
	if file := p.tables()[n.Table()]; file != "" {
		return taken(n, "is the name of a table or an index in migrations/"+file)
	}
	if spec.IsTableOfDatabase(n.Table()) {
		return taken(n, "is the name of a table that databases have for themselves")
	}
	own, err := ownNames()
	if err != nil {
		return err
	}
	for _, word := range []string{n.Pkg(), n.Var(), n.Vars(), n.Type(), n.TypeMany()} {
		if own[word] {
			return taken(n, "makes "+word+", which the code of every section has for something else")
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
	own := map[string]bool{}
	for _, name := range pageNames {
		own[name] = true
	}
	for _, access := range accesses {
		s := &spec.Section{Name: spec.SplitName("zebras"), Module: "m", Access: access}
		other := &spec.Section{Name: spec.SplitName("zebra_herds"), Access: access}
		other.Fields = []spec.Field{{S: other, Name: "zz", Kind: "text", Required: true}}
		var err error
		s.Fields, err = spec.ParseFields(s, "zza:text!^ zzb:long? zzc:int? zzd:money zze:choice(a|b) zzf:date zzg:ref(zebra_herds)!",
			func(string) (*spec.Section, error) { return other, nil })
		if err != nil {
			return nil, err
		}
		texts, err := s.Render()
		if err != nil {
			return nil, err
		}
		for file, text := range texts {
			if strings.HasSuffix(file, ".go") {
				addNames(own, file, text)
			}
		}
	}
	return own, nil
}

// addNames adds the identifiers of a Go file, but for those of fields and of the section itself.
func addNames(own map[string]bool, file, text string) {
	var sc scanner.Scanner
	sc.Init(token.NewFileSet().AddFile(file, -1, len(text)), []byte(text), nil, 0)
	var before, name string
	for {
		_, tok, literal := sc.Scan()
		if name != "" && tok != token.COLON { // not the key of a struct's field
			own[name] = true
		}
		if tok == token.EOF {
			return
		}
		name = ""
		if lower := strings.ToLower(literal); tok == token.IDENT && before != "." && !strings.Contains(lower, "zebra") && !strings.HasPrefix(lower, "zz") {
			name = literal
		}
		before = tok.String()
	}
}
