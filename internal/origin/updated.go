package origin

import (
	"encoding/json"
	"os"
	"strings"
)

// Mark begins the message of the commits that upstream makes: the starter of a version, as the project sees it.
const Mark = "Starter "

// An Update is a commit that upstream made, and the tree of its files.
type Update struct{ Commit, Tree string }

// Updates returns the commits that upstream has made of the project at root, the newest first.
func Updates(root string) (made []Update, err error) {
	log, err := Git(root, "log", "--format=%H %T %s") // not --grep, whose pattern is read as settings say
	for _, line := range lines(log) {
		commit, rest, _ := strings.Cut(line, " ")
		if tree, says, _ := strings.Cut(rest, " "); strings.HasPrefix(says, Mark) {
			made = append(made, Update{commit, tree})
		}
	}
	return made, err
}

// Updated returns the project's commit with the files of the starter of the stamp under the project's names, and without what was taken
// out: the one that the last update made. It is "" where none did, or where the update was squashed.
func (s Stamp) Updated(root string) string {
	made, _ := Updates(root) //nolint:errcheck // then there is none
	for _, u := range made {
		text, err := Git(root, "show", u.Commit+":./"+File)
		var of Stamp
		if err == nil && json.Unmarshal([]byte(text), &of) == nil && of.Commit != "" && of.Commit == s.Commit {
			return u.Commit
		}
	}
	return ""
}

// Checkout makes a copy of the files of a commit, in a folder that is not there yet.
func Checkout(repo, commit, dir string) error {
	// The files as they are in the repository, whatever line ends and ignored files this machine prefers.
	if _, err := Git(".", "clone", "-q", "--shared", "--no-checkout", "--template=", "-c", "core.autocrlf=false",
		"-c", "core.attributesFile="+os.DevNull, "-c", "core.excludesFile="+os.DevNull, "--", repo, dir); err != nil {
		return err
	}
	_, err := Git(dir, "checkout", "-q", "--detach", commit)
	return err
}
