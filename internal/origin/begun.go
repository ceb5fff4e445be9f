package origin

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Begun returns the commit of a repository of the starter that the project at root was made of, or last updated to: as of says, or the stamp;
// or the newest commit of the project that the starter has, too, by its name or by its files, where that is newer, or there is no stamp.
func (s Stamp) Begun(root, starter, of string) (string, error) {
	if of != "" {
		commit, err := s.Find(starter, of)
		if err != nil {
			return "", fmt.Errorf("has no commit STARTER=%s", of)
		}
		return commit, nil
	}
	_, err := os.Stat(filepath.Join(root, File))
	stamped, found := err == nil, ""
	if stamped {
		found, _ = s.Find(starter, "") //nolint:errcheck // then what both have in common tells
	}
	theirs, err := Git(starter, "log", "--all", "--format=%H %T")
	if err != nil {
		return "", err
	}
	byName := map[string]string{}
	for _, line := range lines(theirs) {
		commit, tree, _ := strings.Cut(line, " ")
		byName[commit] = commit
		if byName[tree] == "" {
			byName[tree] = commit
		}
	}
	ours := past(root)
	for _, name := range ours {
		commit := byName[name]
		if commit == "" {
			continue
		}
		if found == "" {
			return commit, nil
		}
		if _, err := Git(starter, "merge-base", "--is-ancestor", found, commit); err == nil { // the person has merged it
			return commit, nil
		}
		break
	}
	if found != "" {
		return found, nil
	}
	what := "there is no " + File
	if stamped {
		what = fmt.Sprintf("%s names the commit %.12s and the files %.12s", File, cmp.Or(s.Commit, "(none)"), cmp.Or(s.Tree, "(none)"))
	}
	if shallow, _ := Git(starter, "rev-parse", "--is-shallow-repository"); shallow == "true" { //nolint:errcheck // then it is not
		return "", fmt.Errorf("is a shallow clone, without the older commits, among which this project began: %s.\nRun git fetch --unshallow there, or name the repository that it was cloned from", what)
	}
	return "", fmt.Errorf(`has no commit that this project was made of, as far as can be told: %s.
If that is the right repository, say which commit it was: STARTER=<commit>. git log shows them there; the project was made of version %s%s`,
		what, cmp.Or(s.Version, "(unknown)"), nearest(root, starter, theirs))
}

// past are the project's commits, and what git calls the files that they have in its folder, the newest first.
func past(root string) (all []string) {
	prefix, _ := Git(root, "rev-parse", "--show-prefix") //nolint:errcheck // then it is in no repository
	if prefix != "" {
		log, _ := Git(root, "log", "--format=%H", "--", ".") //nolint:errcheck // then there are none
		for _, commit := range lines(log) {
			tree, _ := Git(root, "rev-parse", "--verify", "-q", commit+":./") //nolint:errcheck // the folder was away then
			all = append(all, commit, tree)
		}
	}
	log, _ := Git(root, "log", "--format=%H%n%T") //nolint:errcheck // then there are none
	return append(all, lines(log)...)             // the project may have been moved into a folder
}

// nearest is a hint: the starter's commit that has the most files in common with the first of the project's.
func nearest(root, starter, theirs string) string {
	log, _ := Git(root, "log", "--format=%H", "--", ".") //nolint:errcheck // then there is none
	ours := lines(log)
	if len(ours) == 0 {
		return ""
	}
	files := func(dir, tree string) []string {
		all, _ := Listed(dir, "ls-tree", "-r", "-z", "--full-tree", tree) //nolint:errcheck // then nothing is like it
		return all
	}
	first := map[string]bool{}
	for _, file := range files(root, ours[len(ours)-1]+":./") {
		first[file] = true
	}
	best, most := "", len(first)/2 // with fewer in common it is no hint
	for _, line := range lines(theirs) {
		commit, tree, _ := strings.Cut(line, " ")
		same := 0
		for _, file := range files(starter, tree) {
			if first[file] {
				same++
			}
		}
		if same > most {
			best, most = commit, same
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(".\nThe nearest is STARTER=%.12s: %d of %d files that you began with are in it as they are", best, most, len(first))
}

// lines are those of a text that are not empty.
func lines(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c == '\n' })
}
