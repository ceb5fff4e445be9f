package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/upstream/tools"
)

// fetch copies the starter into dir, and finds there the commit that the project is at and the one to update to.
func (u *update) fetch(dir string, o options) (err error) {
	if u.stamp, err = origin.Read(u.root); err != nil {
		return err
	}
	from := o.from
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(from, "~/") { // not every shell does this after FROM=
		from = filepath.Join(home, from[2:])
	}
	if _, err := os.Stat(filepath.Join(u.root, from)); err == nil && !filepath.IsAbs(from) {
		if from, err = filepath.Abs(filepath.Join(u.root, from)); err != nil {
			return err
		}
	}
	u.starter, u.old, u.new = filepath.Join(dir, "starter.git"), filepath.Join(dir, "old"), filepath.Join(dir, "new")
	if _, err := git(dir, "clone", "-q", "--bare", "--", from, u.starter); err != nil {
		return fmt.Errorf("FROM=%s is no repository that git can read: %w", o.from, err)
	}
	if u.to, err = git(u.starter, "rev-parse", "--verify", "-q", cmp.Or(o.to, "HEAD")+"^{commit}"); err != nil {
		branches, _ := git(u.starter, "for-each-ref", "--format=%(refname:short)") //nolint:errcheck // a hint
		return fmt.Errorf("FROM=%s has no %s. TO=<commit, tag or branch> says which; it has %s", o.from, cmp.Or(o.to, "HEAD"), cmp.Or(strings.Join(lines(branches), ", "), "none"))
	}
	log, err := git(u.starter, "show", u.to+":CHANGELOG.md")
	if _, e := git(u.starter, "cat-file", "-e", u.to+":internal/rename"); err != nil || e != nil {
		return fmt.Errorf("FROM=%s is not the starter: at %.12s it has no CHANGELOG.md, or no internal/rename", o.from, u.to)
	}
	if u.from, err = u.stamp.Begun(u.root, u.starter, o.base); err != nil {
		return fmt.Errorf("FROM=%s %w", o.from, err)
	}
	was, err := git(u.starter, "show", u.from+":CHANGELOG.md")
	if err != nil {
		return fmt.Errorf("%.12s, of which the project was made, is not the starter: it has no CHANGELOG.md", u.from)
	}
	u.version, u.next = origin.Version(was), u.stamp
	u.next.Version, u.next.Commit = origin.Version(log), u.to
	u.next.Tree, err = git(u.starter, "rev-parse", u.to+"^{tree}")
	return err
}

// rebuild makes the starter's two states in dir. The files that tools write from others are in neither: they are written anew after
// the merge, and what is the project's alone does not change between the two.
func (u *update) rebuild(dir string) (err error) {
	unknown, err := u.stamp.Rebuild(u.starter, u.from, u.old)
	if err != nil {
		return fmt.Errorf("%s cannot be put under the project's names: %w", u.from[:12], err)
	}
	if u.without, err = u.stamp.Rebuild(u.starter, u.to, u.new); err != nil {
		return fmt.Errorf("%s cannot be put under the project's names: %w", u.to[:12], err)
	}
	u.without = slices.DeleteFunc(u.without, func(name string) bool { return slices.Contains(unknown, name) })
	// The project's stamp goes along, so that the update brings the new one; as git has it, whatever line ends this machine prefers.
	text, err := os.ReadFile(filepath.Join(u.root, origin.File))
	if err == nil {
		err = os.WriteFile(filepath.Join(u.old, origin.File), bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), 0o644)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := u.next.Write(u.new); err != nil {
		return err
	}
	if err := u.keepOwn(); err != nil {
		return err
	}
	for _, dir := range []string{u.old, u.new} {
		if err := drop(dir); err != nil {
			return err
		}
	}
	return errors.Join(origin.Commit(u.old, "stamp"), origin.Commit(u.new, "stamp"))
}

// keepOwn lets what rename made the project's own be as it was: its README and CHANGELOG name the version that it was made of. What the
// starter's README says is in docs/starter.md then.
func (u *update) keepOwn() error {
	if _, err := os.Stat(filepath.Join(u.new, "docs", "starter.md")); err != nil {
		return nil //nolint:nilerr // it has the starter's
	}
	for _, name := range []string{"README.md", "CHANGELOG.md"} {
		text, err := os.ReadFile(filepath.Join(u.old, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(u.new, name), text, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// made are the files that tools write from others: generated pages, and the print of the map.
var made = regexp.MustCompile(`_templ\.go$|^` + regexp.QuoteMeta(tools.Routes) + `$`)

// drop deletes the files that tools write.
func drop(dir string) error {
	all, err := names(dir, "ls-files", "-z")
	if err != nil {
		return err
	}
	for _, name := range all {
		if made.MatchString(name) {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
				return err
			}
		}
	}
	return nil
}
