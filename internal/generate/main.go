// Command generate writes sections, pages and fields as somebody would who takes care: `make section`, `make page` and
// `make field` run it. What it writes is the project's own from then on, and no different from what is written by hand.
//
// Everything is worked out before the first file is written; a name that is taken, or a place in a file of the project
// that is not as it must be, is an error, and nothing is changed.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/gofrs/flock"

	"example.com/latchkey/internal/generate/files"
	"example.com/latchkey/internal/generate/spec"
)

func main() {
	report, err := run(".", os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
	fmt.Println(report)
}

// run writes what the arguments ask for into the project at root, and returns what to tell whoever asked.
func run(root string, args []string) (string, error) {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	section := flags.String("section", "", "the section to write, in the plural: invoices")
	fields := flags.String("fields", "", "its fields: title:text! body:long?")
	access := flags.String("access", "", "who may open it: private, which is the default, admin, or public to read")
	page := flags.String("page", "", "the public page to write: pricing")
	field := flags.String("field", "", "the field to add to the section -to: note:long?")
	to := flags.String("to", "", "the section that gets the field")
	force := flags.Bool("force", false, "add the field though the section was edited where some of it goes, and say what is left to add")
	if err := flags.Parse(args); err != nil {
		return "", err
	}
	given := map[string]bool{} // though what they say may be ""
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	return alone(root, func() (string, error) {
		switch {
		case given["page"]:
			return writePage(root, *page)
		case given["field"]:
			return writeField(root, *to, *field, *force)
		}
		return writeSection(root, *section, *fields, *access)
	})
}

// alone runs write once nobody else writes into the project: two at a time would take the same number for a migration, and the
// second would undo what the first wrote into the list of features.
func alone(root string, write func() (string, error)) (string, error) {
	lock := flock.New(root, flock.SetFlag(os.O_RDONLY))
	if err := lock.Lock(); err != nil {
		return "", err
	}
	defer lock.Unlock() //nolint:errcheck // the end of the program unlocks it, too
	return write()
}

// writeSection writes a new section, and returns what to tell whoever asked for it.
func writeSection(root, name, fields, access string) (string, error) {
	p := open(root)
	s, err := p.newSection(name, fields, access)
	if err != nil {
		return "", err
	}
	if err := p.checkSection(s.Name); err != nil {
		return "", err
	}
	texts, err := s.Render()
	if err != nil {
		return "", err
	}
	migration := "migrations/" + p.NextMigration() + "_" + s.Table() + ".sql"
	if texts[migration], err = spec.Execute("migration.sql.tmpl", s); err != nil {
		return "", err
	}
	for file, text := range texts {
		if err := p.Add(file, text); err != nil {
			return "", err
		}
	}
	line, imports := fmt.Sprintf("feature.Private(%q, %s.New(core)),", s.Path(), s.Pkg()), []string(nil)
	if s.Access != "private" {
		line, imports = fmt.Sprintf("feature.Section(%q, web.%s, %s.New(core)),", s.Path(), s.ReadBy(), s.Pkg()), []string{"internal/web"}
	}
	if err := p.AddFeature(s.Pkg(), line, imports...); err != nil {
		return "", err
	}
	if err := p.AddLimit(s.Setting(), s.Act()); err != nil {
		return "", err
	}
	if err := p.Write(); err != nil {
		return "", err
	}
	return fmt.Sprintf("The section %s is in internal/sections/%s, its table in %s, its line in %s.\nNext: make run, and open %s. make test tries all of it.",
		s.Many(), s.Pkg(), migration, files.Features, s.Path()), nil
}
