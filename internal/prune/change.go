package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/parts"
)

// clean refuses a project that is not in git, or has changes that are not committed: what is deleted must be somewhere.
func clean(root string) error {
	out, err := command(root, "git", "status", "--porcelain", "--", ".")
	switch {
	case err != nil:
		return fmt.Errorf("the project must be in git, so that what is taken out can be brought back: git init && git add . && git commit\n%w", err)
	case out != "":
		return fmt.Errorf("there are changes that are not committed:\n%scommit or stash them first", out)
	}
	return nil
}

// unchanged refuses to delete files that differ from the starter's.
func unchanged(root string, stamp origin.Stamp, from string, before, after parts.Tree) error {
	starter, err := original(root, stamp, from)
	if err != nil {
		return fmt.Errorf("cannot tell which files you changed: %w\nSTARTER=<commit> says where the project comes from, FORCE=1 deletes without a comparison", err)
	}
	var mine []string
	for name, text := range before {
		if _, stays := after[name]; stays || starter[name] == text || strings.HasSuffix(name, "_templ.go") { // those nobody writes
			continue
		}
		mine = append(mine, name)
	}
	if len(mine) == 0 {
		return nil
	}
	slices.Sort(mine)
	return fmt.Errorf("these files would be deleted, and are yours, or not as the starter made them:\n  %s\nFORCE=1 deletes them all the same; git keeps what is committed", strings.Join(mine, "\n  "))
}

// original returns the starter's files as they were when the project was made of it, under the project's names.
func original(root string, stamp origin.Stamp, from string) (parts.Tree, error) {
	commit, err := stamp.Find(root, from)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "starter")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a copy in the temporary folder
	repo, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	if _, err := stamp.Rebuild(repo, commit, filepath.Join(dir, "project")); err != nil {
		return nil, err
	}
	return parts.Read(filepath.Join(dir, "project"))
}

// change writes the project anew, and asks go vet whether what stays fits together, tests too, unless it is a draft.
func change(root string, before, after parts.Tree) error {
	if err := write(root, before, after); err != nil {
		return err
	}
	if os.Getenv(origin.Draft) != "" {
		return nil
	}
	_, err := command(root, "go", "vet", "./...")
	return err
}

// write writes the project anew, and what only tools can write: pages, go.mod, the map; of a draft, go.mod alone.
func write(root string, before, after parts.Tree) error {
	if err := after.Write(root, before); err != nil {
		return err
	}
	draft := os.Getenv(origin.Draft) != ""
	for name, text := range after {
		if path.Ext(name) == ".templ" && before[name] != text && !draft {
			if _, err := command(root, "make", "generate"); err != nil {
				return err
			}
			break
		}
	}
	if _, err := command(root, "go", "mod", "tidy"); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(root, "vendor", "modules.txt")); err == nil {
		if _, err := command(root, "go", "mod", "vendor"); err != nil {
			return err
		}
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	if err := (parts.Tree{parts.Decisions: parts.DropModules(after[parts.Decisions], before["go.mod"], string(mod))}).Write(root, parts.Tree{parts.Decisions: after[parts.Decisions]}); err != nil {
		return err
	}
	if draft {
		return nil
	}
	return writeMap(root, after)
}

// writeMap prints the map anew, where there is a program that has one.
func writeMap(root string, after parts.Tree) error {
	const file = "internal/app/routes.txt"
	programs := after.Names("cmd/*/serve.go")
	if len(programs) != 1 || after[file] == "" {
		return nil
	}
	routes, err := command(root, "go", "run", "./"+path.Dir(programs[0]), "routes")
	if err != nil {
		return err
	}
	return (parts.Tree{file: routes}).Write(root, parts.Tree{file: after[file]})
}

// restore puts back what is committed.
func restore(root string) error {
	_, err := command(root, "git", "restore", "--staged", "--worktree", ".")
	if removed := os.Remove(filepath.Join(root, origin.File)); err == nil && removed != nil && !errors.Is(removed, os.ErrNotExist) {
		return removed
	}
	if err == nil {
		_, err = command(root, "git", "restore", ".")
	}
	return err
}

// command runs a program in a folder, whatever go.work files are above it, and returns what it prints.
func command(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "MAKEFLAGS=", "MAKELEVEL=", "WITHOUT=")
	var says bytes.Buffer
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out, says.String())
	}
	return string(out), nil
}
