// Command upstream shows what is new in the starter since the project was made of it, or since the last update, and merges it
// into a branch of its own. `make upstream FROM=<path, bundle or URL>` runs it; `APPLY=1` merges.
//
// A project has no history in common with the starter: it was renamed and cut down, and perhaps began as a copy without any.
// So the starter as it was and as it is are each put under the project's names, and what was taken out is taken out there;
// between the two git sees what is new, and merges it as anything else.
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
	report, err := upstream(".", o)
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
	root     string // of the project
	starter  string // a bare copy of the starter
	from, to string // its commits
	old, new string // folders: the starter of these, with the project's names and without what it took out
	stamp    origin.Stamp
	next     origin.Stamp // the stamp after the update
	without  []string     // what was taken out, and is not there any more
}

func upstream(root string, o options) (string, error) {
	if o.from == "" {
		return "", errors.New("say where the starter is: make upstream FROM=<a path, a bundle or a URL>")
	}
	if o.apply {
		if changed, err := git(root, "status", "--porcelain"); err != nil || changed != "" {
			return "", errors.Join(err, fmt.Errorf("there are changes that are not committed:\n%s\ncommit or stash them first", changed))
		}
	}
	dir, err := os.MkdirTemp("", "upstream")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // copies in the temporary folder
	u, err := rebuild(root, dir, o)
	if err != nil {
		return "", err
	}
	if u.from == u.to {
		return fmt.Sprintf("Nothing is new: the project is at %s, %.12s.", or(u.stamp.Version, "no version"), u.to), nil
	}
	report, err := u.summary()
	if err != nil || !o.apply {
		return report, err
	}
	done, err := u.apply()
	return report + "\n" + done, err
}

// rebuild fetches the starter into dir and makes its two states there.
func rebuild(root, dir string, o options) (*update, error) {
	stamp, err := origin.Read(root)
	if err != nil {
		return nil, err
	}
	from := o.from
	if _, err := os.Stat(filepath.Join(root, from)); err == nil && !filepath.IsAbs(from) {
		if from, err = filepath.Abs(filepath.Join(root, from)); err != nil {
			return nil, err
		}
	}
	u := &update{root: root, starter: filepath.Join(dir, "starter.git"), old: filepath.Join(dir, "old"), new: filepath.Join(dir, "new"), stamp: stamp}
	if _, err := git(dir, "clone", "-q", "--bare", from, u.starter); err != nil {
		return nil, err
	}
	if u.to, err = git(u.starter, "rev-parse", "--verify", "-q", or(o.to, "HEAD")+"^{commit}"); err != nil {
		return nil, fmt.Errorf("the starter has no %s: TO=<commit, tag or branch> says which (%w)", or(o.to, "HEAD"), err)
	}
	if u.from, err = stamp.Find(u.starter, o.base); err != nil || u.from == u.to {
		return u, err
	}
	if _, err := stamp.Rebuild(u.starter, u.from, u.old); err != nil {
		return nil, err
	}
	if u.without, err = stamp.Rebuild(u.starter, u.to, u.new); err != nil {
		return nil, err
	}
	u.next = stamp
	u.next.Commit = u.to
	if u.next.Tree, err = git(u.starter, "rev-parse", u.to+"^{tree}"); err != nil {
		return nil, err
	}
	log, err := git(u.starter, "show", u.to+":CHANGELOG.md")
	if err != nil {
		return nil, err
	}
	u.next.Version = origin.Version(log)
	// The project's stamp goes along, so that the update brings the new one.
	if text, err := os.ReadFile(filepath.Join(root, origin.File)); err == nil {
		if err := os.WriteFile(filepath.Join(u.old, origin.File), text, 0o644); err != nil {
			return nil, err
		}
	}
	if err := u.next.Write(u.new); err != nil {
		return nil, err
	}
	return u, errors.Join(origin.Commit(u.old, "stamp"), origin.Commit(u.new, "stamp"))
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// git runs git in a folder, and returns what it prints without the last line end. Its error is what git says.
func git(dir string, args ...string) (string, error) { return origin.Git(dir, args...) }

// lines are those of a text that are not empty.
func lines(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return l == "" })
}
