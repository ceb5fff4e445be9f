package origin

import (
	"os"
	"path"
	"slices"
	"strings"
)

// Sides are what a merge is made of, as git names the files of the project's folder.
type Sides struct {
	Dir  string // a repository that has all three
	Base string // the starter's as they were
	Ours string // the project's
	New  string // the starter's as they are
}

// Back returns files of a merge that git has put back though the project has deleted them: those that are new in a folder of which
// everything is deleted. strays are new files in folders that the project has moved, where git did not see that. merged are the files of
// the merge, unmerged those with conflicts.
func (s Sides) Back(merged []string, unmerged map[string]string) (deleted, strays []string, err error) {
	_, was, err := s.Files(s.Base)
	if err != nil {
		return nil, nil, err
	}
	files, folders, err := s.Files(s.Ours)
	if err != nil {
		return nil, nil, err
	}
	left, err := s.left()
	if err != nil {
		return nil, nil, err
	}
	added, err := s.Added()
	if err != nil {
		return nil, nil, err
	}
	for _, name := range added {
		if files[name] || unmerged[name] != "" || !slices.Contains(merged, name) {
			continue
		}
		dir := path.Dir(name)
		for dir != "." && !was[dir] { // a new folder in one that is gone goes with it
			dir = path.Dir(dir)
		}
		switch {
		case dir == "." || folders[dir]:
		case left[dir]:
			strays = append(strays, name)
		default:
			deleted = append(deleted, name)
		}
	}
	return deleted, strays, nil
}

// Added are the files that are new in the starter.
func (s Sides) Added() ([]string, error) {
	return Listed(s.Dir, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--diff-filter=A", s.Base, s.New)
}

// Files are those of one side, and the folders that they are in.
func (s Sides) Files(side string) (files, folders map[string]bool, err error) {
	all, err := Listed(s.Dir, "ls-tree", "-r", "-z", "--full-tree", "--name-only", side)
	files, folders = map[string]bool{}, map[string]bool{}
	for _, name := range all {
		files[name] = true
		above(name, folders)
	}
	return files, folders, err
}

// above notes the folders that a file is in.
func above(name string, folders map[string]bool) {
	for dir := path.Dir(name); dir != "." && !folders[dir]; dir = path.Dir(dir) {
		folders[dir] = true
	}
}

// left are the folders that the project has moved files out of.
func (s Sides) left() (map[string]bool, error) {
	moved, err := s.moved(s.Ours)
	left := map[string]bool{}
	for _, m := range moved {
		above(m.from, left)
	}
	return left, err
}

// A move is a file that a side has under another name.
type move struct{ from, to string }

// moved are the files that one side has moved.
func (s Sides) moved(side string) (moved []move, err error) {
	all, err := Listed(s.Dir, "diff-tree", "-r", "-z", "-M", "--name-status", "--diff-filter=R", s.Base, side)
	for i := 1; i+1 < len(all); i += 3 { // R and how much is alike, the old name, the new one
		moved = append(moved, move{all[i], all[i+1]})
	}
	return moved, err
}

// Listed returns the file names that git prints with -z.
func Listed(dir string, args ...string) ([]string, error) {
	out, err := Git(dir, args...)
	return slices.DeleteFunc(strings.Split(out, "\x00"), func(name string) bool { return name == "" }), err
}

// There reports whether there is a file, or a folder, of this name.
func There(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
