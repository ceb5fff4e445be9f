package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// write lets tools write anew what they write from files that have changed. Its error names the commands that failed.
func (u *update) write() error {
	changed, err := names(u.root, "diff-index", "-z", "--name-only", "--no-renames", "--relative", "HEAD")
	if err != nil {
		return err
	}
	var todo []string
	changes := func(suffixes ...string) bool {
		return slices.ContainsFunc(changed, func(name string) bool {
			return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) })
		})
	}
	run := func(command string) {
		if err := u.run(command); err != nil {
			todo = append(todo, err.Error())
		}
	}
	if changes("go.mod", "go.sum") {
		run("go mod tidy")
		if u.vendored() {
			run("go mod vendor")
		}
	}
	pages, _ := names(u.root, "ls-files", "-z", "*.templ") //nolint:errcheck // then there are none
	if changes(".templ") || len(pages) > 0 && (changes("go.mod") || slices.ContainsFunc(changed, generator)) {
		run("make generate")
	}
	if there(filepath.Join(u.root, filepath.FromSlash(routes))) && changes(".go", ".templ") {
		run("mkdir -p bin && make -s routes > bin/routes && mv bin/routes " + routes)
	}
	if len(todo) == 0 {
		return nil
	}
	return fmt.Errorf("what tools write could not be written anew; run this, and commit:\n  %s", strings.Join(todo, "\n  "))
}

// vendored reports whether the project has its modules in a folder of its own.
func (u *update) vendored() bool { return there(filepath.Join(u.root, "vendor", "modules.txt")) }

// generator reports whether a file has a say in what generated pages look like.
func generator(name string) bool { return strings.HasPrefix(name, "internal/templ") }

func there(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// run runs a command of the shell in the project. Its error is the command, and the end of what it says.
func (u *update) run(command string) error {
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = u.root, append(os.Environ(), "GOWORK=off", "MAKEFLAGS=", "MAKELEVEL=", "APPLY=", "FROM=", "TO=", "STARTER=")
	if out, err := cmd.CombinedOutput(); err != nil {
		says := lines(string(out))
		return fmt.Errorf("%s\n    %s", command, strings.Join(says[max(0, len(says)-6):], "\n    "))
	}
	return nil
}
