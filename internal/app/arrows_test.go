package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/app"
)

// may says which packages of ours each package may import: arrows point down.
// A name that ends with "/" stands for all packages below it.
var may = map[string][]string{
	"cmd/latchkey":            {"internal/app", "internal/config", "internal/database", "internal/fault", "internal/login", "internal/mail", "migrations", "views"},
	"internal/app":            {"internal/config", "internal/database", "internal/fault", "internal/login", "internal/mail", "internal/pages/", "internal/ratelimit", "internal/sections/", "internal/session", "internal/web", "migrations", "static", "views"},
	"internal/pages/dev":      {"internal/fault", "internal/mail", "internal/session", "internal/web", "views"},
	"internal/pages/":         {"internal/fault", "internal/login", "internal/session", "internal/web", "views"},
	"internal/sections/":      {"internal/database", "internal/fault", "internal/login", "internal/session", "internal/web", "views"},
	"internal/login":          {"internal/database", "internal/fault", "internal/mail", "internal/ratelimit", "internal/session", "internal/web"},
	"internal/session":        {"internal/database", "internal/fault", "internal/ratelimit", "internal/web"},
	"internal/web":            {"internal/fault", "views"},
	"internal/mail":           {"internal/database", "internal/fault"},
	"internal/ratelimit":      {"internal/database", "internal/fault"},
	"internal/database":       {"internal/fault"},
	"internal/testkit":        {"internal/app", "internal/config", "internal/database", "internal/mail", "internal/testkit/pgtest", "migrations"},
	"internal/config":         nil,
	"internal/fault":          nil,
	"migrations":              nil,
	"static":                  nil,
	"views":                   nil,
	"internal/testkit/chrome": nil,
	"internal/testkit/pgtest": nil,
	"internal/rename":         nil,
	"internal/budget":         nil,
}

// only says who alone may import a package of others.
var only = map[string]string{"github.com/alexedwards/scs/v2": "internal/session", "golang.org/x/crypto/bcrypt": "internal/login"}

func TestArrows(t *testing.T) {
	list := exec.Command("go", "list", "-json=ImportPath,Imports,Module", "./...")
	list.Dir = filepath.Join("..", "..")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
			Module     struct{ Path string }
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, p.Module.Path+"/")
		allowed, known := may[name]
		if group := filepath.ToSlash(filepath.Dir(name)) + "/"; !known {
			allowed, known = may[group]
		}
		if !known {
			t.Errorf("%s is a package that this test does not know: say in may what it may import", name)
			continue
		}
		for _, imported := range p.Imports {
			if owner, ok := only[imported]; ok && owner != name {
				t.Errorf("%s imports %s, which only %s may", name, imported, owner)
			}
			ours, ok := strings.CutPrefix(imported, p.Module.Path+"/")
			if ok && !slices.ContainsFunc(allowed, func(a string) bool { return ours == a || strings.HasSuffix(a, "/") && strings.HasPrefix(ours, a) }) {
				t.Errorf("%s imports %s: the arrow points the wrong way", name, ours)
			}
		}
	}
}

func TestRoutesFileIsTrue(t *testing.T) {
	want, err := os.ReadFile("routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got := app.Map(); got != string(want) {
		t.Errorf("routes.txt is not the map any more. If this is what you mean to allow: make routes > internal/app/routes.txt\n%s", got)
	}
}
