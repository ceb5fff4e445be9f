package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/parts"
	"example.com/latchkey/internal/parts/gocode"
)

// clean refuses a project that is not in git, or has changes that are not committed: what is deleted must be somewhere.
func clean(root string) error {
	out, err := command(context.Background(), root, "git", "status", "--porcelain", "--untracked-files=normal", "--", ".")
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
		return fmt.Errorf("cannot tell which files you changed: %w\ngit fetch <the starter> brings it, if the project was updated. STARTER=<commit> says which it is, FORCE=1 deletes without a comparison", err)
	}
	var mine []string
	for name, text := range before {
		if _, stays := after[name]; stays || same(name, starter[name], text) || strings.HasSuffix(name, "_templ.go") { // those nobody writes
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

// same reports whether two texts of a file are the same. Where the lines of a page of documentation end depends on whether it was cut
// before the project got its name, or after.
func same(file, one, other string) bool {
	return one == other || path.Ext(file) == ".md" && slices.Equal(strings.Fields(one), strings.Fields(other))
}

// original returns the starter's files as they were when the project was made of it, under the project's names.
func original(root string, stamp origin.Stamp, from string) (parts.Tree, error) {
	updated, commit := "", ""
	if from == "" {
		updated = stamp.Updated(root)
	}
	if commit = updated; commit == "" {
		var err error
		if commit, err = stamp.Find(root, from); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp("", "starter")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a copy in the temporary folder
	repo, commit, err := repository(root, commit, filepath.Join(dir, "repository"))
	if err != nil {
		return nil, err
	}
	project := filepath.Join(dir, "project")
	if updated != "" { // with the project's names already
		err = origin.Checkout(repo, commit, project)
	} else {
		_, err = stamp.Rebuild(repo, commit, project)
	}
	if err != nil {
		return nil, err
	}
	return parts.Read(project)
}

// repository returns a repository whose top is the project, and the commit there with the files of this one: the project's own,
// or, of a project in a folder of a larger one, another that is made at dir.
func repository(root, commit, dir string) (repo, same string, err error) {
	prefix, err := origin.Git(root, "rev-parse", "--show-prefix")
	if err != nil {
		return "", "", err
	}
	top, err := origin.Git(root, "rev-parse", "--show-toplevel")
	if err != nil || prefix == "" {
		return top, commit, err
	}
	if _, err := origin.Git(root, "clone", "-q", "--bare", "--shared", "--", top, dir); err != nil {
		return "", "", err
	}
	same, err = origin.Git(dir, slices.Concat(origin.Nobody, []string{"commit-tree", "-m", "project", commit + ":" + prefix})...)
	return dir, same, err
}

// change writes the project anew, and asks go vet whether what stays fits together, tests too, unless it is a draft. It returns
// what is left to do.
func change(ctx context.Context, root string, before, after parts.Tree) (later []string, err error) {
	if later, err = write(ctx, root, before, after); err != nil || os.Getenv(origin.Draft) != "" {
		return later, err
	}
	_, err = command(ctx, root, "go", "vet", "./...")
	return later, err
}

// write writes the project anew, and what only tools can write: pages, go.mod, the map; of a draft, go.mod alone.
func write(ctx context.Context, root string, before, after parts.Tree) (later []string, err error) {
	if err := after.Write(root, before); err != nil {
		return nil, err
	}
	draft := os.Getenv(origin.Draft) != ""
	for name, text := range after {
		if path.Ext(name) == ".templ" && before[name] != text && !draft {
			if _, err := command(ctx, root, "make", "generate"); err != nil {
				return nil, err
			}
			break
		}
	}
	stale := parts.Tree{}
	if draft {
		stale = stand(before, after)
	}
	if err := stale.Write(root, parts.Tree{}); err != nil {
		return nil, err
	}
	if _, err := command(ctx, root, "go", "mod", "tidy"); err != nil {
		if _, builds := command(ctx, root, "go", "list", "-deps", "./..."); builds != nil {
			return nil, err
		}
		// It asks for the modules of tests of modules, which a machine without a network need not have.
		later = append(later, "go.mod may name modules that nothing needs any more: run go mod tidy when there is a network")
	}
	for name, text := range stale {
		if err := (parts.Tree{name: after[name]}).Write(root, parts.Tree{name: text}); err != nil {
			return nil, err
		}
	}
	if err := vendor(ctx, root); err != nil {
		return nil, err
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	if err := (parts.Tree{parts.Decisions: dropModules(after[parts.Decisions], before["go.mod"], string(mod))}).Write(root, parts.Tree{parts.Decisions: after[parts.Decisions]}); err != nil {
		return nil, err
	}
	if draft {
		return later, nil
	}
	return later, writeMap(ctx, root, after)
}

// stand returns, for each generated page that is out of date, a file that imports what the page imports now, for go mod tidy to look at.
func stand(before, after parts.Tree) parts.Tree {
	stale := parts.Tree{}
	for name, text := range after {
		page, is := strings.CutSuffix(name, ".templ")
		generated := page + "_templ.go"
		if _, stays := after[generated]; !is || !stays || before[name] == text {
			continue
		}
		var out strings.Builder
		out.WriteString("package " + gocode.Package(name, text) + "\n")
		for _, path := range gocode.Imports(name, text) {
			fmt.Fprintf(&out, "\nimport _ %q\n", path)
		}
		stale[generated] = out.String()
	}
	return stale
}

// writeMap prints the map anew, where there is a program that has one.
func writeMap(ctx context.Context, root string, after parts.Tree) error {
	const file = "internal/app/routes.txt"
	programs := after.Names("cmd/*/serve.go")
	if len(programs) != 1 || after[file] == "" {
		return nil
	}
	routes, err := command(ctx, root, "go", "run", "./"+path.Dir(programs[0]), "routes")
	if err != nil {
		return err
	}
	return (parts.Tree{file: routes}).Write(root, parts.Tree{file: after[file]})
}

// restore puts back what is committed, and the folder of dependencies where git does not track it.
func restore(root string) error {
	if _, err := command(context.Background(), root, "git", "restore", "--staged", "--worktree", "."); err != nil {
		return fmt.Errorf("not all could be put back; git restore . does it: %w", err)
	}
	return vendor(context.Background(), root)
}

// vendor brings the folder of dependencies, if there is one, into line with go.mod.
func vendor(ctx context.Context, root string) error {
	if _, err := os.Stat(filepath.Join(root, "vendor", "modules.txt")); err != nil {
		return nil //nolint:nilerr // most have none
	}
	_, err := command(ctx, root, "go", "mod", "vendor")
	return err
}

// command runs a program in a folder, whatever go.work files are above it, and returns what it prints. Once ctx has ended it
// begins none; one that runs is not cut off, for what it has begun itself would write on.
func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
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
