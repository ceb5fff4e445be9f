// Command generate puts the functions of package templfast into every *_templ.go below this folder, in place of those of
// templ that they stand for. `make generate` runs it after templ.
package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(root string) error {
	module, err := module(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "vendor":
			return filepath.SkipDir
		case !strings.HasSuffix(file, "_templ.go"):
			return nil
		}
		before, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		after := replace(before, module)
		if bytes.Equal(before, after) {
			return nil
		}
		return os.WriteFile(file, after, 0o644) //nolint:gosec // source
	})
}

// module returns the name of the module.
func module(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	name, ok := strings.CutPrefix(strings.TrimSpace(first), "module ")
	if !ok {
		return "", fmt.Errorf("%s does not begin with the name of its module", file)
	}
	return name, nil
}

// replace returns generated code with our functions in it. Code that has them already stays as it is.
func replace(code []byte, module string) []byte {
	const runtime = `import templruntime "github.com/a-h/templ/runtime"` + "\n"
	own := fmt.Sprintf("import \"%s/internal/templfast\"\n", module)
	if bytes.Contains(code, []byte(own)) {
		return code
	}
	return []byte(strings.NewReplacer(
		runtime, runtime+own,
		"templ.JoinStringErrs(", "templfast.JoinStringErrs(",
		"templ.EscapeString(", "templfast.EscapeString(",
		"templruntime.GeneratedTemplate", "templfast.GeneratedTemplate",
	).Replace(string(code)))
}
