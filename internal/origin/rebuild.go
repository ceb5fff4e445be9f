package origin

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Find returns the commit of the starter that the stamp is about, in a repository at dir: by its name, or by the tree that a
// copy without its history has in common with it. of may be a commit, which is taken instead.
func (s Stamp) Find(dir, of string) (string, error) {
	if of != "" {
		return Git(dir, "rev-parse", "--verify", of+"^{commit}")
	}
	if s.Commit != "" {
		if _, err := Git(dir, "cat-file", "-e", s.Commit+"^{commit}"); err == nil {
			return s.Commit, nil
		}
	}
	log, err := Git(dir, "log", "--all", "--format=%H %T")
	if err != nil {
		return "", err
	}
	for line := range strings.SplitSeq(log, "\n") {
		if commit, tree, _ := strings.Cut(line, " "); tree != "" && tree == s.Tree {
			return commit, nil
		}
	}
	if s.Commit == "" {
		return "", fmt.Errorf("%s names no commit, because the project got its name before the starter's files were committed", File)
	}
	return "", fmt.Errorf("the starter of %s (version %s, commit %.12s, tree %.12s) is not there: say which commit it was made of", File, s.Version, s.Commit, s.Tree)
}

// Draft is the name of a variable that, where it is set, tells prune to leave undone what only tools can write, and not to ask
// whether the rest builds. It is no flag: the prune of an older commit, which does not know it, does more and is right, too.
const Draft = "PRUNE_DRAFT"

// News is, in what Rebuild makes, the starter's CHANGELOG under the project's names, which rename replaces by one of the project's own.
const News = ".git/news.md"

// Rebuild makes, in a folder that is not there yet, what the starter of a commit is like without what the project has taken out and
// under the project's names, each by the starter's own programs of that commit. What it cannot take out, because it was not
// there then, is returned. The result is committed, without a stamp. Generated pages and the print of the map are as they were.
func (s Stamp) Rebuild(repo, commit, dir string) (unknown []string, err error) {
	if err := Checkout(repo, commit, dir); err != nil {
		return nil, err
	}
	module, name, err := Names(dir)
	if err != nil {
		return nil, err
	}
	if unknown, err = s.prune(dir); err != nil {
		return nil, err
	}
	log, err := os.ReadFile(filepath.Join(dir, "CHANGELOG.md"))
	if err != nil {
		return nil, err
	}
	// A file besides that rename goes through, as through all.
	news := filepath.Join(dir, "news.md")
	if err := os.WriteFile(news, log, 0o644); err != nil {
		return nil, err
	}
	if module != s.Module || name != s.Name {
		if err := run(dir, "./internal/rename", "-module", s.Module, "-name", s.Name); err != nil {
			return nil, err
		}
	}
	return unknown, errors.Join(os.Rename(news, filepath.Join(dir, News)), unstamp(dir), Commit(dir, "rename"))
}

// prune takes out of the starter at dir what the project has taken out. It returns what is not there.
func (s Stamp) prune(dir string) (unknown []string, err error) {
	if len(s.Without) == 0 {
		return nil, nil
	}
	there, err := output(dir, "./internal/prune", "-names")
	if err != nil {
		return nil, err
	}
	var without []string
	for _, name := range s.Without {
		if strings.Contains("\n"+there, "\n"+name+"\n") {
			without = append(without, name)
		} else {
			unknown = append(unknown, name)
		}
	}
	if len(without) == 0 {
		return unknown, nil
	}
	return unknown, errors.Join(run(dir, "./internal/prune", "-force", "-without", strings.Join(without, " ")), unstamp(dir))
}

// unstamp deletes the stamp.
func unstamp(dir string) error {
	if err := os.Remove(filepath.Join(dir, File)); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// Nobody is who commits in folders of ours.
var Nobody = []string{"-c", "user.name=starter", "-c", "user.email=starter@localhost", "-c", "commit.gpgsign=false"}

// Commit commits everything in a folder of ours.
func Commit(dir, message string) error {
	if _, err := Git(dir, "add", "-A"); err != nil {
		return err
	}
	_, err := Git(dir, slices.Concat(Nobody, []string{"commit", "-q", "--allow-empty", "-m", message})...)
	return err
}

func run(dir string, args ...string) error {
	_, err := output(dir, args...)
	return err
}

// output runs a program of the project in dir, and returns what it prints.
func output(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", append([]string{"run"}, args...)...)
	// A folder with dependencies is the project's, and not here.
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=readonly", Draft+"=true")
	var says strings.Builder
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go run %s: %w\n%s", strings.Join(args, " "), err, says.String())
	}
	return string(out), nil
}
