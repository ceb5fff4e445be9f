// Command upstream shows what is new in the starter since the project was made of it, or since the last update, and merges it
// into a branch of its own. `make upstream FROM=<path, bundle or URL>` runs it; `APPLY=1` merges.
//
// A project has no history in common with the starter: it was renamed and cut down, and perhaps began as a copy without any.
// So the starter as it was and as it is are each put under the project's names, and what was taken out is taken out there;
// between the two git sees what is new, and merges it as anything else.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"example.com/latchkey/internal/origin"
)

// options are what the command line says.
type options struct {
	from  string // the starter: a path, a bundle or a URL, as git reads it
	to    string // the commit, tag or branch to update to; "" for the newest
	base  string // the commit that the project was made of, if the stamp does not say
	apply bool
}

func main() {
	var o options
	flag.StringVar(&o.from, "from", "", "where the starter is: a path, a bundle or a URL")
	flag.StringVar(&o.to, "to", "", "the commit, tag or branch of it; default: the newest")
	flag.StringVar(&o.base, "starter", "", "the commit of it that the project was made of, if the stamp does not say")
	flag.BoolVar(&o.apply, "apply", false, "merge what is new, on a branch of its own")
	flag.Parse()
	// Whoever interrupts it finds everything as it was. The command that runs at this moment is interrupted by the terminal, or ends.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	report, err := upstream(ctx, ".", o)
	if report != "" {
		fmt.Println(report)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "upstream:", err)
		os.Exit(1)
	}
}

// An update is the starter, before and after, as the project sees it.
type update struct {
	ctx      context.Context
	root     string // of the project
	prefix   string // where that is in its repository, with a slash at the end; "" at the top
	was      string // its branch
	starter  string // a bare copy of the starter
	from, to string // its commits
	old, new string // folders: the starter of these, with the project's names and without what it took out
	version  string // of the starter that the project is at
	stamp    origin.Stamp
	next     origin.Stamp // the stamp after the update
	without  []string     // what was taken out, and is gone from the starter since
}

// upstream does it for the project at root, and returns what to tell. When ctx ends, it stops before the next step, and leaves
// everything as it was.
func upstream(ctx context.Context, root string, o options) (string, error) {
	if o.from == "" {
		return "", errors.New("say where the starter is: make upstream FROM=<a path, a bundle or a URL>")
	}
	u := &update{ctx: ctx, root: root}
	u.prefix, _ = git(root, "rev-parse", "--show-prefix") //nolint:errcheck // then it is not in git, and ready says so
	if o.apply {
		if err := u.ready(); err != nil {
			return "", err
		}
	}
	dir, err := os.MkdirTemp("", "upstream")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // copies in the temporary folder
	if err := u.stopped(u.fetch(dir, o)); err != nil {
		return "", err
	}
	_, older := git(u.starter, "merge-base", "--is-ancestor", u.to, u.from)
	_, merged := git(root, "merge-base", "--is-ancestor", u.to, "HEAD") // by the person, or FROM is the project itself
	if older == nil || merged == nil {
		return fmt.Sprintf("Nothing is new: the project is at %s, %.12s.", cmp.Or(u.version, "no version"), u.from), nil
	}
	if o.apply {
		if _, err := git(root, "rev-parse", "--verify", "-q", "refs/heads/"+u.branch()); err == nil {
			if u.was == u.branch() { // after git merge --abort
				return "", fmt.Errorf("you are on %s, where this update was begun: git switch <your branch> && git branch -D %[1]s, to begin anew", u.was)
			}
			return "", fmt.Errorf("there is a branch %s already: merge it, or delete it (git branch -D %[1]s)", u.branch())
		}
	}
	if err := u.stopped(u.rebuild(dir)); err != nil {
		return "", err
	}
	report, err := u.summary()
	if err != nil {
		return report, err
	}
	if !o.apply {
		return report + "\n\n" + u.foresee() + "Nothing is changed yet. APPLY=1 merges it, on a branch of its own.", nil
	}
	done, err := u.apply()
	return report + "\n" + done, err
}

// stopped returns err, and says of it that somebody has interrupted the program, if so.
func (u *update) stopped(err error) error {
	if origin.Interrupted(u.ctx, err) {
		return errors.Join(errors.New("interrupted: everything is as it was"), err)
	}
	return err
}

// ready returns an error where a merge could not begin, or not be taken back: before anything is fetched.
func (u *update) ready() error {
	if _, err := git(u.root, "rev-parse", "--is-inside-work-tree"); err != nil {
		return fmt.Errorf("the project must be in git, so that there is something to merge into: git init && git add . && git commit\n%w", err)
	}
	if _, err := git(u.root, "rev-parse", "--verify", "-q", "MERGE_HEAD"); err == nil {
		return errors.New("a merge is not finished: git commit it, or take it back with git merge --abort")
	}
	var err error
	if u.was, err = git(u.root, "symbolic-ref", "-q", "--short", "HEAD"); err != nil {
		return errors.New("no branch is checked out (git calls that a detached HEAD): git switch <your branch> first")
	}
	if _, err := git(u.root, "rev-parse", "--verify", "-q", "HEAD"); err != nil {
		return errors.New("nothing is committed yet: git add . && git commit first")
	}
	if changed, err := git(u.root, "status", "--porcelain", "--untracked-files=normal"); err != nil || changed != "" {
		return errors.Join(err, fmt.Errorf("there are changes that are not committed:\n%s\ncommit or stash them first", few(lines(changed))))
	}
	if _, err := git(u.root, "ls-files", "--error-unmatch", "--", origin.File); err != nil && origin.There(filepath.Join(u.root, origin.File)) {
		return fmt.Errorf("git ignores %s, which says where the project comes from: git add -f %[1]s && git commit first", origin.File)
	}
	for _, ident := range []string{"GIT_COMMITTER_IDENT", "GIT_AUTHOR_IDENT"} {
		if _, err := git(u.root, "var", ident); err != nil {
			return fmt.Errorf("git does not know who commits: %w", err)
		}
	}
	return nil
}

// few are the first of many lines.
func few(all []string) string {
	const most = 10
	if len(all) > most {
		all = append(slices.Clone(all[:most]), fmt.Sprintf("and %d more", len(all)-most))
	}
	return strings.Join(all, "\n")
}

// branch is the name of the branch that the update is merged on: the version, and the commit where that says no more.
func (u *update) branch() string {
	if v := u.next.Version; v != "" && v != u.version {
		return "upstream-" + v
	}
	return "upstream-" + cmp.Or(u.next.Version, "commit") + "-" + u.to[:7]
}

// release is the version of the update as a person reads it.
func (u *update) release() string { return cmp.Or(u.next.Version, u.to[:12]) }

// git runs git in a folder, and returns what it prints without the last line end. Its error is what git says.
func git(dir string, args ...string) (string, error) { return origin.Git(dir, args...) }

// names returns the file names that git prints with -z.
func names(dir string, args ...string) ([]string, error) { return origin.Listed(dir, args...) }

// lines are those of a text that are not empty.
func lines(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return l == "" })
}
