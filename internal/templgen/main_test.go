package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every template of the project is generated with our functions: one that was not costs allocations, and nobody notices.
func TestAllTemplatesAreReplaced(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../..", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "vendor":
			return filepath.SkipDir
		case !strings.HasSuffix(file, "_templ.go"):
			return nil
		}
		code, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		seen++
		for _, slow := range []string{"templ.JoinStringErrs(", "templruntime.GeneratedTemplate"} {
			if strings.Contains(string(code), slow) {
				t.Errorf("%s calls %s: run `make generate`", file, slow)
			}
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Fatal(seen, err)
	}
}

func TestRunTwice(t *testing.T) {
	dir := t.TempDir()
	const code = "import \"github.com/a-h/templ\"\nimport templruntime \"github.com/a-h/templ/runtime\"\n" +
		"x, err = templ.JoinStringErrs(f())\nreturn templruntime.GeneratedTemplate(func\n"
	const want = "import \"github.com/a-h/templ\"\nimport templruntime \"github.com/a-h/templ/runtime\"\n" +
		"import \"example.org/me/internal/templfast\"\nx, err = templfast.JoinStringErrs(f())\nreturn templfast.GeneratedTemplate(func\n"
	file := filepath.Join(dir, "a_templ.go")
	for name, text := range map[string]string{filepath.Join(dir, "go.mod"): "module example.org/me\n\ngo 1.26\n", file: code} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := run(dir); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Fatalf("got %s, %v", got, err)
		}
	}
}
