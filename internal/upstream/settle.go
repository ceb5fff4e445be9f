package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
)

// settle decides the conflicts that need no person: what the project has deleted stays deleted, and of modules both sides' are asked for. It returns what is left to decide, a line for each file, and remarks about what was decided.
func (u *update) settle(base, tip string) (decide, remarks []string, err error) {
	unmerged, err := names(u.root, "ls-files", "-z", "--unmerged")
	if err != nil {
		return nil, nil, err
	}
	stages := staged(unmerged)
	var deleted []string
	for _, name := range slices.Sorted(maps.Keys(stages)) {
		switch has := stages[name]; {
		case gone(has):
			if _, err := git(u.root, "rm", "-q", "--force", "--", name); err != nil {
				return nil, nil, err
			}
			if has == "13" {
				deleted = append(deleted, name)
			}
		case has == "123" && asks(name) && u.both(name):
			if _, err := git(u.root, "add", "--", name); err != nil {
				return nil, nil, err
			}
		default:
			text, _ := os.ReadFile(filepath.Join(u.root, filepath.FromSlash(name))) //nolint:errcheck // it has no text
			decide = append(decide, says(name, has, string(text)))
		}
	}
	has, err := names(u.root, "ls-files", "-z")
	if err != nil {
		return nil, nil, err
	}
	orphans, strays, err := u.sides(base, tip).Back(has, stages)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range orphans {
		if _, err := git(u.root, "rm", "-q", "--force", "--", name); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range strays {
		decide = append(decide, says(name, "3", ""))
	}
	if deleted = append(deleted, orphans...); len(deleted) > 0 {
		remarks = append(remarks, "The starter changed these, and you have deleted them. They stay deleted:\n  "+strings.Join(deleted, "\n  "))
	}
	return decide, remarks, nil
}

// staged returns, of files that git could not merge, which states of them there are: 1 the starter's as it was, 2 the project's, 3 the
// starter's as it is. The lines are git's: "mode object stage", a tab, the name.
func staged(lines []string) map[string]string {
	stages := map[string]string{}
	for _, line := range lines {
		about, name, _ := strings.Cut(line, "\t")
		stages[name] += about[len(about)-1:]
	}
	return stages
}

// gone reports whether the project has deleted a file, or moved it.
func gone(has string) bool { return has == "1" || has == "13" }

// says tells what has happened to a file, and what to do. text is what git has made of it.
func says(name, has, text string) string {
	switch {
	case has == "12":
		return fmt.Sprintf("%s: you have changed it, the starter has deleted it. git rm it, or leave it and see what needs it", name)
	case has == "3":
		return fmt.Sprintf("%s: the starter's. You have moved it or its folder, or have something else in its place: git add it here, git mv it, or git rm it", name)
	case has == "2":
		return fmt.Sprintf("%s: yours. The starter has moved it, too, or has something else in its place: git add it here, git mv it, or git rm it", name)
	case strings.Contains(text, "<<<<<<< "):
		return fmt.Sprintf("%s: both have changed the same lines. They are between <<<<<<< and >>>>>>>, yours first", name)
	}
	return fmt.Sprintf("%s: both have changed it, and git cannot merge that. Yours is there; git checkout --theirs %[1]s takes the starter's", name)
}

// asks reports whether a file says which modules are needed.
func asks(name string) bool {
	return slices.Contains([]string{".mod", ".sum"}, path.Ext(name)) && !strings.Contains(name, "/")
}

// both puts the lines of both sides where they differ, and reports whether the go command can read that. go mod tidy makes one of two.
func (u *update) both(name string) bool {
	dir, err := os.MkdirTemp("", "both")
	if err != nil {
		return false
	}
	defer os.RemoveAll(dir) //nolint:errcheck // three copies of a file
	files := make([]string, 3)
	for i, stage := range []string{":2:", ":1:", ":3:"} {
		text, err := git(u.root, "show", stage+"./"+name)
		files[i] = filepath.Join(dir, fmt.Sprint(i))
		if err != nil || os.WriteFile(files[i], []byte(text+"\n"), 0o600) != nil {
			return false
		}
	}
	merged, err := git(u.root, "merge-file", "-p", "--union", files[0], files[1], files[2])
	if err != nil {
		return false
	}
	if path.Ext(name) == ".mod" {
		file := filepath.Join(dir, "go.mod")
		if os.WriteFile(file, []byte(merged+"\n"), 0o600) != nil {
			return false
		}
		read := exec.Command("go", "mod", "edit", "-json", file)
		read.Dir = dir
		if read.Run() != nil {
			return false
		}
	}
	return os.WriteFile(filepath.Join(u.root, name), []byte(merged+"\n"), 0o644) == nil
}

// sides are what the merge is made of, between two commits of the starter.
func (u *update) sides(base, tip string) origin.Sides {
	return origin.Sides{Dir: u.root, Base: base + ":./", Ours: "HEAD:./", New: tip + ":./"}
}
