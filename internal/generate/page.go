package main

import (
	"fmt"

	"example.com/latchkey/internal/generate/files"
	"example.com/latchkey/internal/generate/spec"
)

// A Page is a public page with one address.
type Page struct {
	spec.Name
	Module string
}

// writePage writes a public page, and returns what to tell whoever asked for it.
func writePage(root, name string) (string, error) {
	p := open(root)
	if err := spec.CheckForm(name, "it in small letters, words that begin with a letter and _ between them, such as pricing or about_us"); err != nil {
		return "", fmt.Errorf("NAME: %w", err)
	}
	page := &Page{Name: spec.SplitName(name)}
	if err := p.checkName(page.Name); err != nil {
		return "", err
	}
	if pageTaken[page.Pkg()] {
		return "", taken(page.Name, "is a word that the page's own code uses")
	}
	var err error
	if page.Module, err = p.Module(); err != nil {
		return "", err
	}
	folder := "internal/sections/" + page.Pkg() + "/"
	for file, from := range map[string]string{page.Pkg() + ".go": "page.go.tmpl", "pages.templ": "page.templ.tmpl", page.Pkg() + "_test.go": "page_test.go.tmpl"} {
		text, err := spec.Execute(from, page)
		if err != nil {
			return "", err
		}
		if err := p.Add(folder+file, text); err != nil {
			return "", err
		}
	}
	line := fmt.Sprintf("feature.Section(%q, web.Public, %s.New(core)),", page.Path(), page.Pkg())
	if err := p.AddFeature(page.Pkg(), line, "internal/web"); err != nil {
		return "", err
	}
	if err := p.Write(); err != nil {
		return "", err
	}
	return fmt.Sprintf("The page %s is in %s, its line in %s.\nNext: write its words in %spages.templ; make run, and open %s.",
		page.Title(), folder, files.Features, folder, page.Path()), nil
}

// pageTaken are the names in the code of a page.
var pageTaken = map[string]bool{"feature": true, "web": true, "views": true, "testkit": true, "testing": true, "http": true, "core": true, "show": true, "page": true, "templ": true, "features": true}
