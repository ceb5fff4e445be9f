// Package gocode takes declarations, statements and imports out of files of Go. It knows Go, and nothing of parts.
package gocode

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A Span is a piece of a text, from its first byte to that after its last.
type Span struct{ from, to int }

// Without returns the text without these pieces, none of which may overlap another but by holding it whole.
func Without(text string, spans []Span) string {
	slices.SortFunc(spans, func(a, b Span) int { return a.from - b.from })
	var out strings.Builder
	at := 0
	for _, s := range spans {
		if s.to <= at {
			continue
		}
		out.WriteString(text[at:max(at, s.from)])
		at = s.to
	}
	out.WriteString(text[at:])
	return out.String()
}

// wholeLines widens a piece to the lines that it is on.
func wholeLines(text string, from, to int) Span {
	from = strings.LastIndexByte(text[:from], '\n') + 1
	if end := strings.IndexByte(text[to:], '\n'); end >= 0 {
		return Span{from, to + end + 1}
	}
	return Span{from, len(text)}
}

// Declarations returns where the declarations stand whose names match, with their comments: functions, methods and types, and
// of a group of constants or variables those lines.
func Declarations(name, text string, match *regexp.Regexp) ([]Span, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	offset := func(p token.Pos) int { return files.Position(p).Offset }
	var spans []Span
	add := func(n ast.Node, doc *ast.CommentGroup) {
		from := n.Pos()
		if doc != nil {
			from = doc.Pos()
		}
		spans = append(spans, wholeLines(text, offset(from), offset(n.End())))
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if match.MatchString(d.Name.Name) {
				add(d, d.Doc)
			}
		case *ast.GenDecl:
			matched := 0
			for _, s := range d.Specs {
				if named(s, match) {
					matched++
				}
			}
			if matched == len(d.Specs) && matched > 0 {
				add(d, d.Doc)
				continue
			}
			for _, s := range d.Specs {
				if !named(s, match) {
					continue
				}
				switch s := s.(type) {
				case *ast.ValueSpec:
					add(s, s.Doc)
				case *ast.TypeSpec:
					add(s, s.Doc)
				}
			}
		}
	}
	return spans, nil
}

// Functions returns where the functions and methods stand in which an expression matches, with their comments.
func Functions(name, text string, match *regexp.Regexp) ([]Span, error) {
	if !match.MatchString(text) {
		return nil, nil
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var spans []Span
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		from, to := files.Position(f.Pos()).Offset, files.Position(f.End()).Offset
		if !match.MatchString(text[from:to]) {
			continue
		}
		if f.Doc != nil {
			from = files.Position(f.Doc.Pos()).Offset
		}
		spans = append(spans, wholeLines(text, from, to))
	}
	return spans, nil
}

// named reports whether all names of a constant, variable or type match.
func named(s ast.Spec, match *regexp.Regexp) bool {
	switch s := s.(type) {
	case *ast.TypeSpec:
		return match.MatchString(s.Name.Name)
	case *ast.ValueSpec:
		return !slices.ContainsFunc(s.Names, func(n *ast.Ident) bool { return !match.MatchString(n.Name) })
	}
	return false
}

// Fields returns where the fields of structs stand whose names match, with their comments.
func Fields(name, text string, match *regexp.Regexp) ([]Span, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var spans []Span
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.StructType)
		if !ok {
			return true
		}
		for _, f := range s.Fields.List {
			if len(f.Names) == 0 || slices.ContainsFunc(f.Names, func(n *ast.Ident) bool { return !match.MatchString(n.Name) }) {
				continue
			}
			from := f.Pos()
			if f.Doc != nil {
				from = f.Doc.Pos()
			}
			spans = append(spans, wholeLines(text, files.Position(from).Offset, files.Position(f.End()).Offset))
		}
		return true
	})
	return spans, nil
}

// Statements returns where the statements stand whose first line matches.
func Statements(name, text string, match *regexp.Regexp) ([]Span, error) {
	if !slices.ContainsFunc(strings.Split(text, "\n"), match.MatchString) {
		return nil, nil
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var spans []Span
	look := func(list []ast.Stmt) {
		for _, s := range list {
			from, to := files.Position(s.Pos()).Offset, files.Position(s.End()).Offset
			whole := wholeLines(text, from, to)
			first, _, _ := strings.Cut(text[whole.from:], "\n")
			if match.MatchString(first) {
				spans = append(spans, whole)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			look(n.List)
		case *ast.CaseClause:
			look(n.Body)
		case *ast.CommClause:
			look(n.Body)
		}
		return true
	})
	return spans, nil
}

// TidyImports returns the file, formatted, without the imports that nothing uses any more.
func TidyImports(name, before, after string) (string, error) {
	used, err := usedNames(name, before)
	if err != nil {
		return after, nil //nolint:nilerr // it was no Go before
	}
	uses, err := usedNames(name, after)
	if err != nil {
		return "", fmt.Errorf("%s would not be Go any more: %w", name, err)
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, after, parser.ImportsOnly)
	if err != nil {
		return "", err
	}
	var spans []Span
	for _, d := range file.Decls {
		group, stay := d.(*ast.GenDecl), false
		for _, s := range group.Specs {
			i := s.(*ast.ImportSpec)
			if called := importName(i); used[called] && !uses[called] {
				spans = append(spans, wholeLines(after, files.Position(i.Pos()).Offset, files.Position(i.End()).Offset))
			} else {
				stay = true
			}
		}
		if !stay {
			spans = append(spans, wholeLines(after, files.Position(group.Pos()).Offset, files.Position(group.End()).Offset))
		}
	}
	out, err := format.Source([]byte(Without(after, spans)))
	if err != nil {
		return "", fmt.Errorf("%s would not be Go any more: %w", name, err)
	}
	return string(out), nil
}

var versioned = regexp.MustCompile(`^v[0-9]+$`)

// importName is what a file calls an import: its name there, or what the path ends with, without a version.
func importName(i *ast.ImportSpec) string {
	if i.Name != nil {
		return i.Name.Name
	}
	p := strings.Trim(i.Path.Value, `"`)
	if base := path.Base(p); versioned.MatchString(base) {
		p = path.Dir(p)
	}
	return strings.TrimPrefix(path.Base(p), "go-")
}

// usedNames are the names before dots.
func usedNames(name, text string) (map[string]bool, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				names[x.Name] = true
			}
		}
		return true
	})
	return names, nil
}

// Imports returns the paths that a file imports, of Go or templ.
func Imports(name, text string) (paths []string) {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return nil
	}
	for _, i := range file.Imports {
		paths = append(paths, strings.Trim(i.Path.Value, `"`))
	}
	return paths
}

// Empty reports whether a file of Go declares nothing and says nothing of its package.
func Empty(name, text string) bool {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	return err == nil && file.Doc == nil && !slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
		group, ok := d.(*ast.GenDecl)
		return !ok || group.Tok != token.IMPORT
	})
}

// Package returns the name of a file's package, or "" of a file that is no Go. Of a templ file, whose head is Go, it returns that, too.
func Package(name, text string) string {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.PackageClauseOnly)
	if err != nil {
		return ""
	}
	return file.Name.Name
}
