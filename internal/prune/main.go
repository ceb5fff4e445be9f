// Command prune takes capabilities out of the project, with everything that belongs to them: code, pages, migration,
// settings, documentation, tests. `make prune WITHOUT="…"` runs it; `make prune` lists what there is.
//
// Everything is worked out before the first file is written; if the rest does not build, or the command is interrupted, all is
// put back.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/parts"
)

// options are what the command line says.
type options struct {
	without   []string // what to take out
	force     bool     // delete files that were changed, too
	forceData bool     // delete data, too
	from      string   // the commit of the starter, where the stamp's is not known
}

func main() {
	var o options
	without := flag.String("without", "", "what to take out, with blanks between")
	flag.BoolVar(&o.force, "force", false, "delete files though you have changed them")
	flag.BoolVar(&o.forceData, "force-data", false, "delete what the databases in data hold of it")
	flag.StringVar(&o.from, "starter", "", "the commit of the starter that the project was made of, if its stamp does not say")
	only := flag.Bool("names", false, "print the names of what can be taken out, a line each")
	flag.Parse()
	o.without = names(*without)
	// Ctrl-C ends what runs at the time, too; then all is put back.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root, err := rootOf(".")
	var report string
	switch {
	case err != nil:
	case *only:
		report, err = list(root, func(_ parts.Tree, p parts.Part) string { return p.Name })
	case len(o.without) == 0:
		report, err = list(root, describe)
		if report == "" {
			report = "Nothing is left that could be taken out."
			break
		}
		report = "What can be taken out, with lines of code and of tests:\n\n" + report + "\n\nmake prune WITHOUT=\"…\" takes it out. docs/how-to/cut-down.md says what goes along, and what is refused."
	default:
		report, err = prune(ctx, root, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "prune:", err)
		os.Exit(1)
	}
	fmt.Println(report)
}

// names are those in a list as people write it.
func names(list string) []string {
	return strings.FieldsFunc(strings.ToLower(list), func(c rune) bool { return c == ',' || unicode.IsSpace(c) })
}

// rootOf returns the folder of the project that a folder belongs to.
func rootOf(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is in no project: there is no go.mod above it", dir)
		}
	}
}

// list says something of each part, a line each.
func list(root string, say func(parts.Tree, parts.Part) string) (string, error) {
	tree, err := parts.Read(root)
	if err != nil {
		return "", err
	}
	all, err := parts.All(tree)
	if err != nil {
		return "", err
	}
	lines := make([]string, len(all))
	for i, p := range all {
		lines[i] = say(tree, p)
	}
	return strings.Join(lines, "\n"), nil
}

func describe(tree parts.Tree, p parts.Part) string {
	code, tests := p.Lines(tree)
	about := p.About
	if about == "" {
		about = "yours, in " + p.Dir
	}
	if len(p.Needs) > 0 {
		about += " (takes " + strings.Join(p.Needs, ", ") + " along)"
	}
	return fmt.Sprintf("  %-12s %5d %5d  %s", p.Name, code, tests, about)
}

// unfetched is what the go command says when it does not get a module.
var unfetched = regexp.MustCompile(`module lookup disabled by GOPROXY=off|Get "https?://|reading https?://|fatal: unable to access`)

// prune takes parts out of the project at root, and returns what to tell whoever asked for it. With an error, and when ctx has
// ended before the last step, the project is as it was.
func prune(ctx context.Context, root string, o options) (string, error) {
	if err := clean(root); err != nil {
		return "", err
	}
	before, err := parts.Read(root)
	if err != nil {
		return "", err
	}
	all, err := parts.All(before)
	if err != nil {
		return "", err
	}
	stamp, err := origin.Read(root)
	if err != nil {
		return "", err
	}
	if err := out(all, stamp, o.without); err != nil {
		return "", err
	}
	chosen, err := parts.Of(all, o.without)
	if err != nil {
		return "", err
	}
	after, remarks, err := parts.Remove(before, chosen)
	if err != nil {
		return "", err
	}
	if !o.force {
		if err := unchanged(root, stamp, o.from, before, after); err != nil {
			return "", err
		}
	}
	if !o.forceData {
		if err := used(root, chosen); err != nil {
			return "", err
		}
	}
	undo, err := stored(root, before, after, o.forceData)
	if err != nil {
		return "", err
	}
	later, err := change(ctx, root, before, after)
	switch {
	case origin.Interrupted(ctx, err): // the first thing to know, whatever failed of it
		err = errors.New("interrupted, so nothing was taken out")
	case err != nil && unfetched.MatchString(err.Error()):
		err = fmt.Errorf("modules are not on this machine, and could not be fetched, so nothing was taken out; try it again with a network:\n%w", err)
	case err != nil:
		err = fmt.Errorf("what stays does not build, so nothing was taken out:\n%w", err)
	default:
		err = revert(undo)
	}
	if err != nil {
		return "", errors.Join(err, restore(root))
	}
	// The stamp comes last: whoever kills this halfway finds nothing that git restore does not bring back.
	for _, p := range chosen {
		stamp.Add(p.Name)
	}
	if err := stamp.Write(root); err != nil {
		return "", err
	}
	remarks = append(remarks, later...)
	for _, p := range chosen {
		if _, err := os.Stat(filepath.Join(root, p.Dir)); p.Dir != "" && err == nil {
			remarks = append(remarks, p.Dir+" is still there, with files that git does not track")
		}
	}
	return report(before, after, chosen, remarks), nil
}

// out returns an error that says which of these were taken out before, if one is not there any more.
func out(all []parts.Part, stamp origin.Stamp, names []string) error {
	var gone []string
	for _, name := range names {
		there := slices.ContainsFunc(all, func(p parts.Part) bool { return p.Name == name })
		if !there && slices.Contains(stamp.Without, name) && !slices.Contains(gone, name) {
			gone = append(gone, name)
		}
	}
	switch len(gone) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s was taken out already", gone[0])
	}
	return fmt.Errorf("%s were taken out already", strings.Join(gone, ", "))
}

func report(before, after parts.Tree, chosen []parts.Part, remarks []string) string {
	var out strings.Builder
	gone, lines, files := []string{}, 0, 0
	for _, p := range chosen {
		code, tests := p.Lines(before)
		gone, lines = append(gone, p.Name), lines+code+tests
	}
	for name := range before {
		if _, stays := after[name]; !stays {
			files++
		}
	}
	fmt.Fprintf(&out, "Taken out: %s. %d lines and %d files are gone. Look at it with git diff, then make test, and commit.", strings.Join(gone, ", "), lines, files)
	for _, r := range remarks {
		out.WriteString("\n  " + r)
	}
	return out.String()
}
