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
	"cmd/latchkey":             {"internal/app", "internal/config", "internal/database", "internal/fault", "internal/login", "internal/mail", "migrations", "views"},
	"internal/app":             {"internal/config", "internal/database", "internal/fault", "internal/login", "internal/mail", "internal/pages/", "internal/ratelimit", "internal/sections/", "internal/session", "internal/web", "migrations", "static", "views"},
	"internal/pages/dev":       {"internal/fault", "internal/mail", "internal/session", "internal/web", "views"},
	"internal/pages/":          {"internal/fault", "internal/login", "internal/session", "internal/web", "views"},
	"internal/sections/":       {"internal/database", "internal/fault", "internal/login", "internal/session", "internal/web", "views"},
	"internal/login":           {"internal/database", "internal/fault", "internal/mail", "internal/ratelimit", "internal/session", "internal/web"},
	"internal/session":         {"internal/database", "internal/fault", "internal/ratelimit", "internal/web"},
	"internal/web":             {"internal/fault", "views"},
	"internal/mail":            {"internal/database", "internal/fault"},
	"internal/ratelimit":       {"internal/database", "internal/fault"},
	"internal/database":        {"internal/fault"},
	"internal/testkit":         {"internal/app", "internal/config", "internal/database", "internal/mail", "internal/testkit/pgtest", "migrations"},
	"internal/config":          nil,
	"internal/fault":           nil,
	"migrations":               nil,
	"static":                   nil,
	"views":                    nil,
	"internal/testkit/chrome":  nil,
	"internal/testkit/pgtest":  nil,
	"internal/testkit/scratch": nil,
	"internal/rename":          nil,
	"internal/dev":             {"internal/config"},
	"internal/howto":           nil,
	"internal/testreport":      nil,
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

// rooms are the parts of the program beyond the running core, by the beginnings of their files' names, and how many
// lines of Go each may have. A new capability is a line here.
var rooms = []struct {
	name  string
	lines int
	files []string
}{
	{"mail", 950, []string{"internal/mail/", "internal/pages/dev/"}},
	{"command line for operators", 600, []string{"cmd/latchkey/user.go", "cmd/latchkey/mail.go", "cmd/latchkey/open.go", "internal/login/admin.go"}},
	{"links, proofs, recovery, registration by mail", 1300, []string{
		"internal/login/token", "internal/login/mailing", "internal/login/verify", "internal/login/recover", "internal/login/email",
		"internal/login/register", "internal/login/delete", "internal/login/account_store", "internal/pages/enter/link",
		"internal/pages/enter/recover", "internal/pages/account/email", "internal/pages/account/delete",
	}},
	{"history", 200, []string{"internal/login/history", "internal/pages/account/activity"}},
	{"download of one's data", 600, []string{"internal/login/export", "internal/pages/account/export", "internal/web/export", "internal/database/bykey"}},
	{"the form that is not lost", 500, []string{"internal/login/keptform", "internal/pages/enter/keptform"}},
	{"leaked passwords", 150, []string{"internal/login/pwned"}},
}

// coreBudget is how many lines of Go everything else may have. It is meant to go down: the aim is 4,000.
const coreBudget = 5700

// TestBudget holds the reader's budget: lines of Go without tests, generated code, comments and blank lines.
// The running core can be read in an afternoon, and each capability in less than an hour.
func TestBudget(t *testing.T) {
	core, root := 0, filepath.Join("..", "..")
	lines := make([]int, len(rooms))
	err := filepath.WalkDir(root, func(file string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "_templ.go") {
			return nil
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		for _, tool := range []string{"testkit", "testreport", "rename", "dev/", "howto"} {
			if strings.HasPrefix(name, "internal/"+tool) {
				return nil
			}
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		all := strings.Split(string(text), "\n")
		if len(all) > 301 {
			t.Errorf("%s has %d lines: it is two rooms", name, len(all))
		}
		count := &core
		for i, room := range rooms {
			if slices.ContainsFunc(room.files, func(begins string) bool { return strings.HasPrefix(name, begins) }) {
				count = &lines[i]
			}
		}
		for _, line := range all {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
				*count++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%5d  running core", core); core > coreBudget {
		t.Errorf("the running core has %d lines, more than %d", core, coreBudget)
	}
	for i, room := range rooms {
		if t.Logf("%5d  %s", lines[i], room.name); lines[i] > room.lines || lines[i] == 0 {
			t.Errorf("%s has %d lines, not 1 to %d", room.name, lines[i], room.lines)
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
