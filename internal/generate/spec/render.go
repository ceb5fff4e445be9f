package spec

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"strings"
	"text/template"

	"example.com/latchkey/internal/generate/layout"
)

//go:embed templates
var templates embed.FS

var funcs = template.FuncMap{"upper": upper, "camel": camel, "wrap": layout.Wrap}

// templateFiles are what is written into the section's folder: by its name, the template. %s is the package.
var templateFiles = []struct{ name, template string }{
	{"%s.go", "section.go.tmpl"}, {"store.go", "store.go.tmpl"}, {"seed.go", "seed.go.tmpl"}, {"seed_test.go", "seed_test.go.tmpl"}, {"pages.templ", "pages.templ.tmpl"}, {"%s_test.go", "section_test.go.tmpl"},
}

// Render returns the section's files by their path in the project.
func (s *Section) Render() (map[string]string, error) {
	out := map[string]string{}
	for _, f := range templateFiles {
		name := f.name
		if strings.Contains(name, "%s") {
			name = fmt.Sprintf(name, s.Pkg())
		}
		text, err := Execute(f.template, s)
		if err != nil {
			return nil, err
		}
		out["internal/sections/"+s.Pkg()+"/"+name] = text
	}
	return out, nil
}

// parse reads a template and those of the fields.
func parse(name string) (*template.Template, error) {
	t := template.New(name).Delims("[[", "]]")
	t.Funcs(funcs).Funcs(template.FuncMap{"part": func(place string, f any) (string, error) {
		if p, ok := f.(*Field); ok {
			f = *p
		}
		return part(t, place, f.(Field))
	}})
	return t.ParseFS(templates, "templates/"+name, "templates/fields.tmpl")
}

// part is what a field has at a place: by its kind, or as any has it.
func part(t *template.Template, place string, f Field) (string, error) {
	for _, kind := range []string{f.Kind, "any"} {
		if part := t.Lookup(kind + "." + place); part != nil {
			var b bytes.Buffer
			err := part.Execute(&b, f)
			return b.String(), err
		}
	}
	return "", nil
}

// Execute fills a template, takes out the imports that it does not use, and formats it if it is Go.
func Execute(name string, data any) (string, error) {
	t, err := parse(name)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return "", err
	}
	text := layout.PruneImports(b.String())
	if !strings.HasSuffix(name, ".go.tmpl") {
		return text, nil
	}
	formatted, err := format.Source([]byte(text))
	if err != nil {
		return "", fmt.Errorf("%s makes Go that does not parse: %w\n%s", name, err, text)
	}
	return string(formatted), nil
}
