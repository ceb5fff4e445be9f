// Package tools writes anew what tools write from files of the project: pages, the list of routes, go.sum.
package tools

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
)

// Routes is the file that `make routes` prints into.
const Routes = "internal/app/routes.txt"

// Write lets the tools of the project at root write anew what they write from files that have changed since the last commit. Its error
// names the commands that failed.
func Write(root string) error {
	changed, err := origin.Listed(root, "diff-index", "-z", "--name-only", "--no-renames", "--relative", "HEAD")
	if err != nil {
		return err
	}
	var todo []string
	changes := func(suffixes ...string) bool {
		return slices.ContainsFunc(changed, func(name string) bool {
			return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) })
		})
	}
	do := func(command string) {
		if err := run(root, command); err != nil {
			todo = append(todo, err.Error())
		}
	}
	if changes("go.mod", "go.sum") {
		do("go mod tidy")
		if Vendored(root) {
			do("go mod vendor")
		}
	}
	pages, _ := origin.Listed(root, "ls-files", "-z", "*.templ") //nolint:errcheck // then there are none
	if changes(".templ") || len(pages) > 0 && (changes("go.mod") || slices.ContainsFunc(changed, generator)) {
		do("make generate")
	}
	if origin.There(filepath.Join(root, filepath.FromSlash(Routes))) && changes(".go", ".templ") {
		do("mkdir -p bin && make -s routes > bin/routes && mv bin/routes " + Routes)
	}
	if len(todo) == 0 {
		return nil
	}
	return fmt.Errorf("what tools write could not be written anew; run this, and commit:\n  %s", strings.Join(todo, "\n  "))
}

// Vendored reports whether the project has its modules in a folder of its own.
func Vendored(root string) bool { return origin.There(filepath.Join(root, "vendor", "modules.txt")) }

// generator reports whether a file has a say in what generated pages look like.
func generator(name string) bool { return strings.HasPrefix(name, "internal/templ") }

// run runs a command of the shell in the project at root. Its error is the command, and the end of what it says.
func run(root, command string) error {
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOWORK=off", "MAKEFLAGS=", "MAKELEVEL=", "APPLY=", "FROM=", "TO=", "STARTER=")
	if out, err := cmd.CombinedOutput(); err != nil {
		says := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("%s\n    %s", command, strings.Join(says[max(0, len(says)-6):], "\n    "))
	}
	return nil
}
