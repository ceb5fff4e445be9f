//go:build starter

package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"example.com/latchkey/internal/generate/spec"
	"example.com/latchkey/internal/testkit/clone"
)

var update = flag.Bool("update", false, "write the example anew, after a change of the templates")

// TestTheExampleIsWhatIsWritten holds the templates and the section notes to each other, byte for byte: whoever changes one
// changes both. Of the migration, which is applied in databases, only the statements count.
func TestTheExampleIsWhatIsWritten(t *testing.T) {
	root := clone.Root(t)
	p := open(root)
	if !p.Exists("internal/sections/notes") || p.Exists("docs/starter.md") {
		t.Skip("about the starter, whose example is as it came")
	}
	n, err := spec.NewName("notes")
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.section(n, "FIELDS", "title:text! body:long?", "")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := s.Render()
	if err != nil {
		t.Fatal(err)
	}
	delete(texts, "internal/sections/notes/seed.go") // the example has examples of its own
	for name, want := range texts {
		if *update {
			if err := os.WriteFile(filepath.Join(root, name), []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := p.Read(name); got != want {
			t.Errorf("%s differs from what its template makes; bring both in line, then: go test ./internal/generate -run TestTheExample -update\n%s", name, firstDifference(got, want))
		}
	}
	sql, err := spec.Execute("migration.sql.tmpl", s)
	if err != nil {
		t.Fatal(err)
	}
	statements := func(text string) string {
		return regexp.MustCompile(`(?m)^-- [^+].*\n`).ReplaceAllString(text, "")
	}
	if got := p.Read("migrations/10001_notes.sql"); statements(got) != statements(sql) {
		t.Errorf("the migration differs:\n%s", firstDifference(statements(got), statements(sql)))
	}
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(got, want string) string {
	line := regexp.MustCompile(`.*\n?`)
	a, b := line.FindAllString(got, -1), line.FindAllString(want, -1)
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "it has\t" + a[i] + "not\t" + b[i]
		}
	}
	return "one is longer"
}

func TestNumbersOfMigrations(t *testing.T) {
	c := copied(t)
	if got := open(c.Dir).NextMigration(); got < "10001" {
		t.Errorf("%s is not the person's", got)
	}
	c.Write("migrations/10041_x.sql", "")
	c.Write("migrations/00050_ours.sql", "")
	if got := open(c.Dir).NextMigration(); got != "10042" {
		t.Errorf("got %s", got)
	}
}
