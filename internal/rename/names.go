package main

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
)

// Names are what a project is called.
type Names struct {
	Module  string // as in go.mod
	Name    string // the product's name, as pages show it
	Program string // the folder in cmd; also the default of cookie, database file and sender
}

var (
	siteLine = regexp.MustCompile(`(?m)^const Site = ("(?:[^"\\]|\\.)*")`)
	nameForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{M}\p{N} .,&'’!+-]{0,60}$`)
	version  = regexp.MustCompile(`^v[0-9]+$`)
)

// present reads what the project at root is called now.
func present(root string) (Names, error) {
	module, name, err := origin.Names(root)
	return Names{Module: module, Name: name, Program: program(module)}, err
}

// newNames checks what was asked for.
func newNames(module, name string) (Names, error) {
	n := Names{Module: module, Name: strings.TrimSpace(name), Program: program(module)}
	if !nameForm.MatchString(n.Name) {
		return n, fmt.Errorf("NAME=%q must begin with a letter or digit and hold only letters, digits, blanks and . , & ' ! + -, 61 at most", name)
	}
	return n, checkModule(module, n.Program)
}

// program is the module's last element that is no version, in lower case, with dashes for what is not for file names.
func program(module string) string {
	base := path.Base(module)
	if version.MatchString(base) && base != module {
		base = path.Base(path.Dir(module))
	}
	base = strings.Map(func(c rune) rune {
		if c == '.' || c == '~' || c == '+' {
			return '-'
		}
		return c
	}, strings.ToLower(base))
	return strings.Trim(base, "-_")
}

// checkModule returns an error for a module path that the go command refuses, or accepts but cannot build:
// patterns (go help packages), paths of the standard library, and the folders vendor and testdata, which it passes over.
func checkModule(module, program string) error {
	refuse := func(why string) error {
		return fmt.Errorf("MODULE=%q %s; good ones are github.com/you/app or myapp", module, why)
	}
	if module == "" {
		return refuse("is missing")
	}
	elements := strings.Split(module, "/")
	switch {
	case slices.Contains([]string{"all", "cmd", "main", "std", "tool", "work"}, module):
		return refuse("is a word that Go reserves")
	case slices.Contains(elements, "vendor") || program == "testdata":
		return refuse("has a part that Go reserves: vendor or testdata")
	case program == "" || strings.HasPrefix(module, "-"):
		return refuse("has no name for the program at its end")
	}
	dir, err := os.MkdirTemp("", "rename")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // an empty module in the temporary folder
	if out, err := goCommand(dir, "mod", "init", module); err != nil {
		_, why, _ := strings.Cut(strings.TrimSpace(string(out)), module+`": `)
		why, _, _ = strings.Cut(why, "\n")
		return refuse("is refused by Go (" + strings.TrimSuffix(why, ":") + ")")
	}
	if strings.Contains(elements[0], ".") {
		return nil
	}
	std, err := goCommand(dir, "list", "std", "cmd/go")
	if err != nil {
		return fmt.Errorf("go list std: %w\n%s", err, std)
	}
	for name := range strings.FieldsSeq(string(std)) {
		if first, _, _ := strings.Cut(name, "/"); first == elements[0] {
			return refuse("begins like the standard library's " + name)
		}
	}
	return nil
}

// goCommand runs the go command in a folder, whatever the settings for this project are.
func goCommand(dir string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	return cmd.CombinedOutput()
}
