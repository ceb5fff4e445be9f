//go:build starter

package main

import (
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit/clone"
)

// TestAFieldKeepsWhatWasEdited edits a section at other places than those where the field goes.
func TestAFieldKeepsWhatWasEdited(t *testing.T) {
	c := copied(t)
	if _, err := writeSection(c.Dir, "invoices", "title:text! due:date?", ""); err != nil {
		t.Fatal(err)
	}
	const section, pages = "internal/sections/invoices/invoices.go", "internal/sections/invoices/pages.templ"
	edit := func(file, old, text string) {
		t.Helper()
		before := c.Read(file)
		if strings.Count(before, old) != 1 {
			t.Fatalf("%s has %d of %q", file, strings.Count(before, old), old)
		}
		c.Write(file, strings.Replace(before, old, text, 1))
	}
	edit(section, `"Give the invoice a title."`, `"What is it about?"`)
	edit(section, "func (s *Section) askDelete", "// Mine.\nfunc mine() {}\n\nfunc (s *Section) askDelete")
	edit(pages, "All invoices</a>\n\t\t\t</div>\n\t\t\t@views.Messages()", "Back</a>\n\t\t\t</div>\n\t\t\t@views.Messages()")
	if _, err := writeField(c.Dir, "invoices", "paid:bool", false); err != nil {
		t.Fatal(err)
	}
	for file, parts := range map[string][]string{
		section:                               {"What is it about?", "func mine()", `FIELDS="title:text! due:date? paid:bool"`, `Paid:  r.PostFormValue("paid") != ""`},
		pages:                                 {">Back</a>", "<dt>Paid</dt>"},
		"internal/sections/invoices/store.go": {`paid AS "paid?"`, "paid = $3"},
		"internal/sections/invoices/invoices_test.go":                     {`"paid", "1"`},
		"migrations/" + number(c, "invoices_paid") + "_invoices_paid.sql": {"ALTER TABLE invoices ADD COLUMN paid BIGINT NOT NULL DEFAULT 0;", "ALTER TABLE invoices DROP COLUMN paid;"},
	} {
		for _, part := range parts {
			if !strings.Contains(c.Read(file), part) {
				t.Errorf("%s lacks %q:\n%s", file, part, c.Read(file))
			}
		}
	}
	edit(section, "\tPaid     bool\n", "\tPaid     bool // by whom?\n")
	unchanged(t, c, func() (string, error) { return writeField(c.Dir, "invoices", "note:long?", false) },
		"nothing is changed", "FORCE=1", section+" was edited at the place", "+ \tNote ")
	report, err := writeField(c.Dir, "invoices", "note:long?", true)
	if err != nil || !strings.Contains(report, "add what is left") || !strings.Contains(report, section+" was edited at the place") || !strings.Contains(report, "+ \tNote ") {
		t.Errorf("%s, %v", report, err)
	}
	if text := c.Read(section); !strings.Contains(text, "// by whom?") || strings.Contains(text, "\tNote ") || !strings.Contains(text, `f.Problems.Add("note"`) ||
		number(c, "invoices_note") == "" {
		t.Errorf("the rest was not written: %s", text)
	}
	edit(section, "\tmake section", "\tmade by")
	unchanged(t, c, func() (string, error) { return writeField(c.Dir, "invoices", "note:long?", false) }, "was not written by make section")
}

// TestAFieldOfTheExample adds one to the notes, whose examples are not those of a section that was just written.
func TestAFieldOfTheExample(t *testing.T) {
	c := copied(t)
	before := c.Read("internal/sections/notes/seed.go")
	if before == "" {
		t.Skip("the example was taken out")
	}
	report, err := writeField(c.Dir, "notes", "mood:choice(good|bad)?", false)
	if err != nil || !strings.Contains(report, "internal/sections/notes/seed.go was edited") || c.Read("internal/sections/notes/seed.go") != before {
		t.Errorf("%s, %v", report, err)
	}
	if !strings.Contains(c.Read("internal/sections/notes/store.go"), "&note.Mood") {
		t.Error("the notes have no mood")
	}
}

// number is that of the migration with the name: what it is depends on whether the example is there.
func number(c *clone.Copy, name string) string {
	for file := range c.Tree() {
		if n, ok := strings.CutSuffix(file, "_"+name+".sql"); ok {
			return strings.TrimPrefix(n, "migrations/")
		}
	}
	return ""
}

// TestAFieldMakesWhatWasMadeAtOnce holds that a section which grew is one that was written so: of the table only the
// migrations differ.
func TestAFieldMakesWhatWasMadeAtOnce(t *testing.T) {
	grown, whole := copied(t), copied(t)
	if _, err := writeSection(grown.Dir, "invoices", "title:text!", ""); err != nil {
		t.Fatal(err)
	}
	fields := "title:text!"
	for _, field := range strings.Fields("number:int?^ amount:money due:date starts:time? weight:decimal? count:int paid:bool stage:choice(draft|sent) contact:email site:url? note:ref(notes)? comment:long? terms:long") {
		if field == "note:ref(notes)?" && grown.Read("internal/sections/notes/notes.go") == "" {
			continue // the example was taken out
		}
		if _, err := writeField(grown.Dir, "invoices", field, false); err != nil {
			t.Fatal(err)
		}
		fields += " " + field
	}
	if _, err := writeSection(whole.Dir, "invoices", fields, ""); err != nil {
		t.Fatal(err)
	}
	want, got := whole.Tree(), grown.Tree()
	for file, text := range want {
		if !strings.HasPrefix(file, "migrations/") && got[file] != text {
			t.Errorf("%s differs: %s", file, firstDifference(got[file], text))
		}
	}
}

// TestAFieldOfWhatOthersReferTo adds a field that must be given to a section whose form the tests of another fill in.
func TestAFieldOfWhatOthersReferTo(t *testing.T) {
	c := copied(t)
	for _, s := range [][2]string{{"customers", "name:text!"}, {"invoices", "title:text! customer:ref(customers)"}, {"visits", "day:date! invoice:ref(invoices)"}} {
		if _, err := writeSection(c.Dir, s[0], s[1], ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := writeField(c.Dir, "customers", "country:text!", false); err != nil {
		t.Fatal(err)
	}
	for _, pkg := range []string{"customers", "invoices", "visits"} {
		if file := "internal/sections/" + pkg + "/" + pkg + "_test.go"; !strings.Contains(c.Read(file), `"country", "Garden"`) {
			t.Errorf("%s does not fill in the country", file)
		}
	}
}

// TestTheFirstTextOfASearch adds a field that is searched to a section that had none.
func TestTheFirstTextOfASearch(t *testing.T) {
	c := copied(t)
	if _, err := writeSection(c.Dir, "rates", "day:date!", ""); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"source:text?", "remark:long?"} {
		if _, err := writeField(c.Dir, "rates", field, false); err != nil {
			t.Fatal(err)
		}
	}
	first, second := c.Read("migrations/"+number(c, "rates_source")+"_rates_source.sql"), c.Read("migrations/"+number(c, "rates_remark")+"_rates_remark.sql")
	if !strings.Contains(first, "ADD COLUMN search TEXT NOT NULL DEFAULT ''") || !strings.Contains(first, "DROP COLUMN search") || strings.Contains(second, "search") {
		t.Errorf("%s\n%s", first, second)
	}
}
