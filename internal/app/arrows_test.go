package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/app"
)

// may says which packages of ours each package may import: arrows point down.
// A name that ends with "/" stands for all packages below it. Each may import what is in its own folder.
var may = map[string][]string{
	"cmd/latchkey":                    {"internal/factor", "internal/operator", "internal/feature", "internal/app", "internal/config", "internal/database", "internal/fault", "internal/mail", "internal/migrate", "internal/ops", "internal/password", "internal/user", "migrations", "views"},
	"internal/app":                    {"internal/", "migrations", "static", "views"},
	"internal/pages/":                 {"internal/feature", accounts, layers, kit},
	"internal/features/passkey/names": {kit},
	"internal/features/":              {"internal/features/passkey/names", "internal/feature", accounts, layers, kit},
	"internal/sections/":              {"internal/feature", accounts, layers, kit},
	"internal/feature":                {accounts, layers, "internal/config", kit},
	"internal/operator":               {"internal/account", layers, kit},
	"internal/factor":                 {"internal/account", layers, kit},
	"internal/account":                {layers, kit},
	"internal/once":                   {"internal/login", kit},
	"internal/login":                  {"internal/audit", "internal/session", "internal/known", basement, kit},
	"internal/known":                  {"internal/user", kit},
	"internal/link":                   {basement, kit},
	"internal/audit":                  {basement, kit},
	"internal/session":                {"internal/session/store", "internal/ratelimit", kit},
	"internal/session/store":          {"internal/database", "internal/fault"},
	"internal/cookie":                 {"internal/secret"},
	"internal/user":                   {kit},
	"internal/password":               {kit},
	"internal/web":                    {"internal/fault", "views"},
	"internal/mail":                   {"internal/database", "internal/fault", "internal/templfast"},
	"internal/ratelimit":              {"internal/database", "internal/fault"},
	"internal/ops":                    {"internal/config", "internal/database", "internal/migrate", "internal/sqlitefile"},
	"internal/migrate":                {"internal/database", "internal/sqlitefile"},
	"internal/sqlitefile":             {"internal/fault"},
	"internal/database":               {"internal/fault", "internal/groupcommit", "internal/sqlitefile", "internal/walindex"},
	"internal/testkit":                {"internal/", "migrations", "views"},
	"internal/config":                 nil,
	"internal/fault":                  nil,
	"internal/secret":                 nil,
	"migrations":                      nil,
	"static":                          nil,
	"views":                           {"internal/templfast"},
	"internal/templfast":              nil,
	"internal/templgen":               nil,
	"internal/groupcommit":            nil,
	"internal/walindex":               nil,
	"internal/testkit/chrome":         nil,
	"internal/testkit/pgtest":         nil,
	"internal/testkit/clone":          nil,
	"internal/rename":                 {"internal/origin"},
	"internal/origin":                 nil,
	"internal/parts":                  {"internal/parts/gocode"},
	"internal/parts/gocode":           nil,
	"internal/prune":                  {"internal/config", "internal/database", "internal/origin", "internal/parts", "internal/parts/gocode"},
	"internal/upstream":               {"internal/origin", "internal/parts", "internal/upstream/rooms", "internal/upstream/tools"},
	"internal/upstream/rooms":         {"internal/origin", "internal/parts"},
	"internal/upstream/tools":         {"internal/origin"},
	"internal/generate":               {"internal/generate/files", "internal/generate/spec"},
	"internal/generate/spec":          {"internal/generate/english", "internal/generate/layout"},
	"internal/generate/english":       nil,
	"internal/generate/layout":        nil,
	"internal/generate/files":         nil,
	"internal/value":                  nil,
	"internal/faults":                 nil,
	"internal/budget":                 nil,
	"internal/bench":                  {"internal/app", "internal/config", "internal/database", "internal/password", "internal/secret"},
	"internal/dev":                    {"internal/config"},
	"internal/howto":                  nil,

	"internal/testkit/word":    {"internal/feature", "internal/factor", "internal/user", "views"},
	"internal/testkit/private": {"internal/feature", "internal/login", "internal/session", kit},
}

// The levels of the house, from above: what stands on one may use those below it.
const (
	accounts = "internal/operator internal/factor internal/account"
	layers   = "internal/once internal/login internal/link internal/known internal/audit internal/session " + basement
	basement = "internal/user internal/password internal/ratelimit internal/mail"
	kit      = "internal/templfast internal/database internal/web internal/cookie internal/fault internal/secret internal/value views"
)

// only says who alone may import a package of others.
var only = map[string]string{"github.com/alexedwards/scs/v2": "internal/session", "golang.org/x/crypto/bcrypt": "internal/password"}

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
		for group := path.Dir(name); !known && group != "."; group = path.Dir(group) { // what is in a feature's folder is as a feature
			allowed, known = may[group+"/"]
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
			if ok && !strings.HasPrefix(ours, name+"/") && !slices.ContainsFunc(strings.Fields(strings.Join(allowed, " ")), func(a string) bool {
				return ours == a || strings.HasSuffix(a, "/") && strings.HasPrefix(ours, a)
			}) {
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
	if got := app.PrintRoutes(); got != string(want) {
		t.Errorf("routes.txt is not the map any more. If this is what you mean to allow: make routes > internal/app/routes.txt\n%s", got)
	}
}
