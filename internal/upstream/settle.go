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
)

// settle decides the conflicts that need no person: what the project has deleted stays deleted, and of modules both sides' are asked for. It returns what is left to decide, a line for each file, and remarks about what was decided.
func (u *update) settle(base, tip string) (decide, remarks []string, err error) {
	unmerged, err := names(u.root, "ls-files", "-z", "--unmerged")
	if err != nil {
		return nil, nil, err
	}
	stages := map[string]string{}
	for _, line := range unmerged {
		about, name, _ := strings.Cut(line, "\t")
		stages[name] += about[len(about)-1:]
	}
	var gone []string
	for _, name := range slices.Sorted(maps.Keys(stages)) {
		switch has := stages[name]; {
		case has == "1", has == "13":
			if _, err := git(u.root, "rm", "-q", "--force", "--", name); err != nil {
				return nil, nil, err
			}
			if has == "13" {
				gone = append(gone, name)
			}
		case has == "123" && asks(name) && u.both(name):
			if _, err := git(u.root, "add", "--", name); err != nil {
				return nil, nil, err
			}
		default:
			decide = append(decide, u.says(name, has))
		}
	}
	orphans, err := u.orphans(base, tip)
	if err != nil {
		return nil, nil, err
	}
	if gone = append(gone, orphans...); len(gone) > 0 {
		remarks = append(remarks, "The starter changed these, and you have deleted them. They stay deleted:\n  "+strings.Join(gone, "\n  "))
	}
	return decide, remarks, nil
}

// says tells what has happened to a file, and what to do.
func (u *update) says(name, has string) string {
	switch {
	case has == "12":
		return fmt.Sprintf("%s: you have changed it, the starter has deleted it. git rm it, or leave it and see what needs it", name)
	case has == "3":
		return fmt.Sprintf("%s: new in the starter, in a folder that you have moved. git add it here, or git rm it", name)
	case has == "2":
		return fmt.Sprintf("%s: you and the starter have both moved it. git add it, or git rm it", name)
	}
	text, err := os.ReadFile(filepath.Join(u.root, filepath.FromSlash(name)))
	if err == nil && strings.Contains(string(text), "<<<<<<< ") {
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
		text, err := git(u.root, "show", stage+name)
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

// orphans takes out files that are new in a folder of which the project has deleted everything. It returns their names.
func (u *update) orphans(base, tip string) (gone []string, err error) {
	folders := func(commit string) (map[string]bool, error) {
		found := map[string]bool{}
		all, err := names(u.root, "ls-tree", "-r", "-z", "--name-only", commit)
		for _, name := range all {
			found[path.Dir(name)] = true
		}
		return found, err
	}
	was, err := folders(base)
	if err != nil {
		return nil, err
	}
	is, err := folders("HEAD")
	if err != nil {
		return nil, err
	}
	added, err := names(u.root, "diff", "-z", "--name-only", "--no-renames", "--diff-filter=A", base, tip)
	if err != nil {
		return nil, err
	}
	for _, name := range added {
		if dir := path.Dir(name); was[dir] && !is[dir] && there(filepath.Join(u.root, filepath.FromSlash(name))) {
			if _, err := git(u.root, "rm", "-q", "--force", "--", name); err != nil {
				return nil, err
			}
			gone = append(gone, name)
		}
	}
	return gone, nil
}
