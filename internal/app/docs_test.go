package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGoDocIsEnough holds that each package says what it is for, and each exported type and function what it promises.
func TestGoDocIsEnough(t *testing.T) {
	root := filepath.Join("..", "..")
	said, packages := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "vendor" || d.Name() == ".git" || d.Name() == "data" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "_templ.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.Dir(file)
		packages[dir] = true
		said[dir] = said[dir] || strings.HasPrefix(parsed.Doc.Text(), "Package "+parsed.Name.Name+" ") || strings.HasPrefix(parsed.Doc.Text(), "Command ")
		for _, decl := range parsed.Decls {
			if name := undocumented(decl); name != "" && !strings.Contains(filepath.ToSlash(dir), "internal/generate/") { // called by templates alone
				t.Errorf("%s: %s says nothing", file, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range packages {
		if !said[dir] {
			t.Errorf("the package in %s does not say what it is for", dir)
		}
	}
	if len(packages) < 20 {
		t.Errorf("only %d packages were found", len(packages))
	}
}

// TestPackagesHaveExamples holds that each package that sections are built with shows how it is used, by an Example that is
// run.
func TestPackagesHaveExamples(t *testing.T) {
	for _, dir := range strings.Fields(`../../views ../session ../login ../web ../feature ../mail ../ratelimit ../database ../user ../password ../testkit
		../audit ../link ../config ../fault ../value`) {
		if _, err := os.Stat(dir); err != nil {
			continue // taken out
		}
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(files, func(file string) bool {
			text := read(t, file)
			return strings.Contains(text, "\nfunc Example") && strings.Contains(text, "\n\t// Output:")
		}) {
			t.Errorf("%s has no Example that is run", dir)
		}
	}
}

// undocumented returns the name of an exported type, function or method without a comment, "" for all else. What implements
// somebody else's interface is documented there.
func undocumented(decl ast.Decl) string {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || exported(d.Recv.List[0].Type)) && !known[d.Name.Name] {
			return d.Name.Name
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				return s.Name.Name
			}
		}
	}
	return ""
}

// known are methods whose interface says what they do.
var known = map[string]bool{"Error": true, "Unwrap": true, "Is": true, "String": true, "ServeHTTP": true, "Run": true, "Write": true, "WriteHeader": true, "Header": true, "Close": true}

func exported(receiver ast.Expr) bool {
	for {
		switch r := receiver.(type) {
		case *ast.StarExpr:
			receiver = r.X
		case *ast.IndexExpr:
			receiver = r.X
		case *ast.Ident:
			return r.IsExported()
		default:
			return false
		}
	}
}
