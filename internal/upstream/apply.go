package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// mark begins the message of the commits that hold the starter as the project sees it.
const mark = "Starter "

// apply merges what is new on a branch of its own. There the starter as it was becomes an ancestor, so that git merges three ways.
// Files that the project has deleted stay deleted, what tools write is written anew, other conflicts are left to the person: then
// it returns an error.
func (u *update) apply() (string, error) {
	branch := "upstream-" + or(u.next.Version, u.to[:12])
	was, err := git(u.root, "symbolic-ref", "--short", "HEAD")
	if err != nil {
		return "", fmt.Errorf("no branch is checked out: %w", err)
	}
	if _, err := git(u.root, "rev-parse", "--verify", "-q", "refs/heads/"+branch); err == nil {
		return "", fmt.Errorf("there is a branch %s already: merge it, or delete it (git branch -D %[1]s)", branch)
	}
	tip, err := u.history(branch)
	if err != nil {
		return "", err
	}
	if _, err := git(u.root, "switch", "-q", branch); err != nil {
		return "", err
	}
	_, merging := git(u.root, "merge", "-q", "--no-ff", "-m", fmt.Sprintf("Merge the starter, %s", or(u.next.Version, u.to[:12])), tip)
	conflicts, anew, err := u.settle()
	if err != nil {
		return "", err
	}
	if merging != nil && len(conflicts) == 0 {
		if waits, err := git(u.root, "rev-parse", "--verify", "-q", "MERGE_HEAD"); err != nil || waits == "" {
			return "", merging
		}
	}
	doubles, err := u.doubles()
	if err != nil {
		return "", err
	}
	if len(conflicts) > 0 || len(doubles) > 0 {
		return "", fmt.Errorf("these are yours to decide, on the branch %s:\n  %s\nedit them, then %sgit add and git commit; or git merge --abort, git switch %s and git branch -D %s",
			branch, strings.Join(append(conflicts, doubles...), "\n  "), hint(anew), was, branch)
	}
	if err := u.write(anew); err != nil {
		return "", err
	}
	if _, err := git(u.root, "add", "-A"); err != nil {
		return "", err
	}
	if changed, err := git(u.root, "status", "--porcelain"); err != nil {
		return "", err
	} else if changed != "" || merging != nil {
		how := []string{"commit", "-q", "--no-edit"}
		if merging == nil { // git has committed already: what tools wrote belongs to it
			how = append(how, "--amend")
		}
		if _, err := git(u.root, how...); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("Merged on the branch %s. Next: make test; then git switch %s and git merge %[1]s.", branch, was), nil
}

func hint(anew []string) string {
	if len(anew) == 0 {
		return ""
	}
	return "make generate, go mod tidy and make routes > internal/app/routes.txt, "
}

// history makes the branch, where the starter as it was is an ancestor of the project, and returns the commit of the starter as it is.
func (u *update) history(branch string) (tip string, err error) {
	trees := map[string]string{}
	for _, dir := range []string{u.old, u.new} {
		if _, err := git(u.root, "fetch", "-q", "--no-tags", dir, "HEAD"); err != nil {
			return "", err
		}
		if trees[dir], err = git(u.root, "rev-parse", "FETCH_HEAD^{tree}"); err != nil {
			return "", err
		}
	}
	head, err := git(u.root, "rev-parse", "HEAD")
	if err != nil {
		return "", err
	}
	base, err := u.before(trees[u.old])
	if err != nil {
		return "", err
	}
	if base == "" {
		if base, err = git(u.root, "commit-tree", trees[u.old], "-m", mark+or(u.stamp.Version, u.from[:12])+", as this project has it"); err != nil {
			return "", err
		}
		// The project's files, and the starter's history besides.
		if head, err = git(u.root, "commit-tree", head+"^{tree}", "-p", head, "-p", base, "-m", "Note which starter this project was made of"); err != nil {
			return "", err
		}
	}
	if _, err := git(u.root, "branch", "-q", "--no-track", branch, head); err != nil {
		return "", err
	}
	return git(u.root, "commit-tree", trees[u.new], "-p", base, "-m", mark+or(u.next.Version, u.to[:12])+", as this project has it")
}

// before returns the commit of the last update, if it has these files.
func (u *update) before(tree string) (string, error) {
	log, err := git(u.root, "log", "--format=%H %T", "--grep=^"+mark)
	if err != nil {
		return "", err
	}
	for _, line := range lines(log) {
		if commit, t, _ := strings.Cut(line, " "); t == tree {
			return commit, nil
		}
	}
	return "", nil
}

// made are files that tools write.
var made = regexp.MustCompile(`_templ\.go$|^go\.sum$|^internal/app/routes\.txt$`)

// settle decides the conflicts that need no person: what the project deleted stays deleted, what tools write is taken from the
// starter for now. It returns the files with other conflicts, and those to write anew.
func (u *update) settle() (conflicts, anew []string, err error) {
	unmerged, err := git(u.root, "ls-files", "--unmerged")
	if err != nil {
		return nil, nil, err
	}
	stages := map[string]string{}
	for _, line := range lines(unmerged) {
		about, name, _ := strings.Cut(line, "\t")
		stages[name] += about[len(about)-1:]
	}
	for name, has := range stages {
		switch {
		case !strings.Contains(has, "2"):
			if _, err := git(u.root, "rm", "-q", "--force", "--", name); err != nil {
				return nil, nil, err
			}
		case made.MatchString(name) && strings.Contains(has, "3"):
			if _, err := git(u.root, "checkout", "-q", "--theirs", "--", name); err != nil {
				return nil, nil, err
			}
			if _, err := git(u.root, "add", "--", name); err != nil {
				return nil, nil, err
			}
			anew = append(anew, name)
		default:
			conflicts = append(conflicts, name)
		}
	}
	slices.Sort(conflicts)
	return conflicts, anew, nil
}

// doubles says which migrations have the same number: the starter's begin with 0, yours with 1.
func (u *update) doubles() (says []string, err error) {
	found, err := filepath.Glob(filepath.Join(u.root, "migrations", "*.sql"))
	if err != nil {
		return nil, err
	}
	byNumber := map[string]string{}
	for _, file := range found {
		name := path.Base(filepath.ToSlash(file))
		number, _, _ := strings.Cut(name, "_")
		if other, ok := byNumber[number]; ok {
			says = append(says, fmt.Sprintf("migrations/%s and %s have the same number", other, name))
		}
		byNumber[number] = name
	}
	return says, nil
}

// write lets tools write what they write, if a file of theirs was in conflict or pages have changed.
func (u *update) write(anew []string) error {
	changed, err := git(u.root, "diff", "--name-only", "HEAD^")
	if err != nil {
		return err
	}
	pages := slices.ContainsFunc(append(lines(changed), anew...), func(name string) bool { return strings.Contains(name, "templ") })
	if pages {
		if err := u.run("make", "generate"); err != nil {
			return err
		}
	}
	if slices.Contains(anew, "go.sum") {
		if err := u.run("go", "mod", "tidy"); err != nil {
			return err
		}
	}
	const routes = "internal/app/routes.txt"
	if slices.Contains(anew, routes) {
		return u.run("sh", "-c", "make -s routes > routes.new && mv routes.new "+routes)
	}
	return nil
}

func (u *update) run(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = u.root, append(os.Environ(), "GOWORK=off", "MAKEFLAGS=", "MAKELEVEL=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out), errors.New("the merge is on the branch, not committed: mend it, then git commit"))
	}
	return nil
}
