// Command rename makes a clone of the starter somebody's own: module path, program, product name, cookie and file names,
// README and changelog. `make rename MODULE=github.com/you/app NAME="Your App"` runs it; it may be run again later.
//
// It reads the present names where the program has them, in go.mod and views/page.go, and changes the files that git
// tracks or would track; without git, all but data, built programs and vendored packages. Everything is worked out
// before the first file is written.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
)

func main() {
	module := flag.String("module", "", "the new module path, as github.com/you/app")
	name := flag.String("name", "", "the product's name, as pages show it")
	flag.Parse()
	report, err := rename(".", *module, *name)
	if err != nil {
		fmt.Fprintln(os.Stderr, "rename:", err)
		os.Exit(1)
	}
	fmt.Println(report)
}

// rename does it to the project at root, and returns what to tell whoever asked for it.
func rename(root, module, name string) (string, error) {
	next, err := newNames(module, name)
	if err != nil {
		return "", err
	}
	now, err := present(root)
	if err != nil {
		return "", err
	}
	if now == next {
		return fmt.Sprintf("This is %s already: module %s, program cmd/%s. Nothing is changed.", now.Name, now.Module, now.Program), nil
	}
	files, err := tracked(root)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(files, func(f string) bool { return strings.HasPrefix(f, "cmd/"+now.Program+"/") }) {
		return "", fmt.Errorf("cmd/%s is not there: the program of module %s has that name", now.Program, now.Module)
	}
	if moved := filepath.Join(root, "cmd", next.Program); next.Program != now.Program && exists(moved) {
		return "", fmt.Errorf("cmd/%s is there already, and would be the program's folder", next.Program)
	}
	changes, err := rewriteAll(root, files, now, next)
	if err != nil {
		return "", err
	}
	if err := takeOver(root, changes, now, next); err != nil {
		return "", err
	}
	stamp, err := origin.Read(root)
	if err != nil {
		return "", err
	}
	stamp.Module, stamp.Name = next.Module, next.Name
	changes[origin.File] = string(stamp.Bytes())
	for file, text := range changes {
		if err := write(filepath.Join(root, file), text); err != nil {
			return "", err
		}
	}
	if next.Program != now.Program {
		if err := os.Rename(filepath.Join(root, "cmd", now.Program), filepath.Join(root, "cmd", next.Program)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("This is %s now: module %s, program cmd/%s; %d files changed. Next: make test",
		next.Name, next.Module, next.Program, len(changes)), nil
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return !errors.Is(err, os.ErrNotExist)
}

// write replaces the text of a file and keeps its mode; a new file can be read by all.
func write(file, text string) error {
	mode := os.FileMode(0o644)
	if info, err := os.Stat(file); err == nil {
		mode = info.Mode().Perm()
	}
	return os.WriteFile(file, []byte(text), mode)
}
