//go:build starter

package main

import (
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.com/latchkey/internal/generate/files"
	"example.com/latchkey/internal/generate/spec"
	"example.com/latchkey/internal/testkit/clone"
)

// copied is a copy of the project in which nothing is built: its Makefile generates nothing, and prints no routes.
func copied(t *testing.T) *clone.Copy {
	t.Helper()
	c := clone.At(t, t.TempDir())
	c.Write("Makefile", "generate:\n\t@true\nroutes:\n\t@cat internal/app/routes.txt\n")
	return c
}

// unchanged runs what must fail, and change nothing; says are parts of the error.
func unchanged(t *testing.T, c *clone.Copy, do func() (string, error), says ...string) {
	t.Helper()
	before := c.Tree()
	report, err := do()
	if err == nil {
		t.Errorf("not refused: %s", report)
		return
	}
	for _, part := range says {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error lacks %q: %v", part, err)
		}
	}
	if !maps.Equal(before, c.Tree()) {
		t.Errorf("something was changed, though %v", err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	c := copied(t)
	c.Write("migrations/10900_gadgets.sql", "-- +goose Up\ncreate table if not exists gadgets (id TEXT);\nCREATE UNIQUE INDEX gadget_names ON gadgets (id);\n")
	c.Write("internal/app/gauges.go", "package app\n\nvar barometers, _ = 1, 2\n\nfunc gauges() {}\n")
	c.Write(files.Features, strings.Replace(c.Read(files.Features), "import (\n", "import (\n\t_ \"example.org/tools\"\n", 1))
	if _, err := writeSection(c.Dir, "customers", "name:text!^", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := writeSection(c.Dir, "receipts", "title:text! customer:ref(customers)", ""); err != nil {
		t.Fatal(err)
	}
	const good = "title:text!"
	for _, r := range []struct{ name, fields, access, says string }{
		{"", good, "", "NAME"},
		{"Invoices", good, "", "NAME"},
		{"in voices", good, "", "NAME"},
		{"../invoices", good, "", "NAME"},
		{"invoice", good, "", "write the plural: invoices"},
		{"purchase_order", good, "", "purchase_orders"},
		{"news", good, "", "news_items"},
		{"customers", good, "", "internal/sections/customers"},
		{"gadgets", good, "", "10900_gadgets.sql"},
		{"sessions", good, "", "name of a table"},
		{"gadget_names", good, "", "name of a table or an index"},
		{"gauges", good, "", "internal/app/gauges.go has for something else"},
		{"barometers", good, "", "internal/app/gauges.go has for something else"},
		{strings.Repeat("lengthy_", 5) + "names", good, "", "at most 40 letters"},
		{"migrations", good, "", "databases have for themselves"},
		{"pg_classes", good, "", "databases have for themselves"},
		{"sqlite_things", good, "", "databases have for themselves"},
		{"max_titles", good, "", "title needs the name MaxTitle"},
		{"invoices", "title:text max_b:choice(x|y) b_choices:text", "", "needs the name MaxBChoices"},
		{"invoices", "title:text xmin:int", "", `"xmin" is taken`},
		{"invoices", "title:text about:ref", "", "ref(customers)"},
		{"invoices", "title:text above:ref(invoices)?", "", "cannot refer to itself"},
		{"types", good, "", "Go reserves"},
		{"ranges", good, "", "Go reserves"},
		{"strings", good, "", "Go reserves"},
		{"values", good, "", "SQL reserves"},
		{"stores", good, "", "has for something else"},
		{"forms", good, "", "has for something else"},
		{"sections", good, "", "has for something else"},
		{"lists", good, "", "has for something else"},
		{"counts", good, "public", "has for something else"},
		{"mines", good, "public", "has for something else"},
		{"invoices", "", "", "FIELDS: none is given"},
		{"invoices", "title", "", "name:type"},
		{"invoices", "title:string", "", "the types are " + spec.Known},
		{"invoices", "title:Text", "", "the types are " + spec.Known},
		{"invoices", "title:text stage:choice(not yet|done)", "", "the brackets do not match"},
		{"invoices", "title:text who:ref(customer)", "", `"customer" is one of them; write the plural: customers`},
		{"invoices", "title:text!?", "", "contradict"},
		{"invoices", "Title:text", "", "name:type"},
		{"invoices", "title:text order:int", "", `"order" is taken`},
		{"invoices", "title:text owner_id:text", "", `"owner_id" is taken`},
		{"invoices", "title:text version:int", "", `"version" is taken`},
		{"invoices", "title:text paid_at:date", "", "_at"},
		{"invoices", "title:text title:int", "", "title is there twice"},
		{"invoices", "title:text due:money due_currency:text", "", "both be"},
		{"invoices", "title:text paid:bool!", "", "takes no mark"},
		{"invoices", "title:text body:long^", "", "cannot be unique"},
		{"invoices", "title:text^ number:int^", "", "one field can be unique"},
		{"invoices", "title:text stage:choice", "", "choice(draft|sent|paid)"},
		{"invoices", "title:text stage:choice()", "", "choice(draft|sent|paid)"},
		{"invoices", `title:text stage:choice(a|")`, "", "choice(draft|sent|paid)"},
		{"invoices", "title:text stage:choice(a|a)", "", "twice"},
		{"invoices", "title:text(9)", "", "nothing in brackets"},
		{"customers_of_the_company_and_countries", "title:text^ " + strings.Repeat("x", 23) + ":ref(customers)", "", "63 letters"},
		{"invoices", "title:text of:ref(nothings)", "", `"of" is taken`},
		{"invoices", "title:text about:ref(nothings)", "", "no section nothings"},
		{"invoices", "title:text customer_id:text customer:ref(customers)", "", "both be called CustomerID"},
		{"invoices", "title:text?", "", "it must be given"},
		{"invoices", "paid:bool title:text", "", "it must be given"},
		{"invoices", "body:long", "", "it must be given"},
		{"invoices", good, "everybody", "ACCESS"},
		{"invoices", "title:text who:ref(customers)", "public", "everybody would read"},
	} {
		unchanged(t, c, func() (string, error) { return writeSection(c.Dir, r.name, r.fields, r.access) }, r.says)
	}
	for _, name := range []string{"", "Pricing", "customers", "gauges", "barometers", "tools", "account", "login", "static", "type", "feature", "web", "a/b"} {
		unchanged(t, c, func() (string, error) { return writePage(c.Dir, name) }, "NAME: ")
	}
	for _, name := range []string{"orders", "order", "group", "errors", "news"} { // no table has it, and no variable
		if err := open(c.Dir).checkName(spec.SplitName(name)); err != nil {
			t.Error(err)
		}
	}
	for _, r := range []struct{ section, field, says string }{
		{"", "note:long?", "SECTION="},
		{"customers", "", "FIELD="},
		{"customers", "a:int b:int", "FIELD="},
		{"customers", "name:int", "FIELD: the field name is there twice"},
		{"customers", "i_d:int", "FIELD: id and i_d would both be called ID"},
		{"customers", "number:money^", "FIELD: at "},
		{"customers", "parent:ref(customers)", "itself"},
		{"customers", "latest:ref(receipts)?", "refers to receipts refers to customers"},
		{"nothings", "note:long?", "no section nothings"},
		{"customers", "note:string", "the types are"},
		{"customer", "note:long?", `SECTION: "customer" is one of them; write the plural: customers`},
	} {
		unchanged(t, c, func() (string, error) { return writeField(c.Dir, r.section, r.field, false) }, r.says)
	}
}

// TestNothingIsGiven holds that each command that is called with nothing says how it is called.
func TestNothingIsGiven(t *testing.T) {
	c := copied(t)
	for says, args := range map[string][]string{
		"such as invoices":    {"-section", "", "-fields", "", "-access", ""},
		"make field SECTION=": {"-to", "", "-field", ""},
		"such as pricing":     {"-page", ""},
	} {
		unchanged(t, c, func() (string, error) { return run(c.Dir, args) }, says)
	}
}

// TestAMissingPlaceChangesNothing takes out of the files that are edited what is looked for there.
func TestAMissingPlaceChangesNothing(t *testing.T) {
	for file, gone := range map[string]string{
		files.Features:             "\t\t// Ours.\n",
		"docs/reference/limits.md": "`LIMIT_",
		"go.mod":                   "module ",
	} {
		t.Run(file, func(t *testing.T) {
			c := copied(t)
			c.Write(file, strings.ReplaceAll(c.Read(file), gone, ""))
			unchanged(t, c, func() (string, error) { return writeSection(c.Dir, "invoices", "title:text!", "") }, file)
		})
	}
}

// TestAFailureIsUndone lets what is run after the files were written fail.
func TestAFailureIsUndone(t *testing.T) {
	for _, target := range []string{"generate", "routes"} {
		t.Run(target, func(t *testing.T) {
			c := copied(t)
			c.Write("Makefile", strings.Replace(c.Read("Makefile"), target+":\n", target+":\n\t@echo broken >&2; touch internal/sections/invoices/pages_templ.go; exit 3\n", 1))
			unchanged(t, c, func() (string, error) { return writeSection(c.Dir, "invoices", "title:text!", "") }, "make "+target, "broken")
			unchanged(t, c, func() (string, error) { return writePage(c.Dir, "pricing") }, "broken")
		})
	}
}

// TestAnInterruptionIsUndone ends the program by a signal while what it runs goes on.
func TestAnInterruptionIsUndone(t *testing.T) {
	c := copied(t)
	t.Setenv("GENERATOR", strconv.Itoa(os.Getpid()))
	told := filepath.Join(t.TempDir(), "told")
	t.Setenv("TOLD", told)
	makefile := strings.Replace(c.Read("Makefile"), "\t@true\n", "\t@kill -INT $$GENERATOR\n", 1)
	c.Write("Makefile", strings.Replace(makefile, "routes:\n", "routes:\n\t@until [ -e $$TOLD ]; do sleep 0.01; done\n", 1))
	signals := make(chan os.Signal, 1) // told of the signal together with the program
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	go func() {
		<-signals
		os.WriteFile(told, nil, 0o600) //nolint:errcheck // without it make routes never ends
	}()
	unchanged(t, c, func() (string, error) { return writeSection(c.Dir, "invoices", "title:text!", "") }, "interrupt", "as it was")
}

// TestTwoAtOnce lets two programs write into one project: each waits for the other.
func TestTwoAtOnce(t *testing.T) {
	c := copied(t)
	var both sync.WaitGroup
	for _, name := range []string{"invoices", "receipts"} {
		both.Go(func() {
			if _, err := alone(c.Dir, func() (string, error) { return writeSection(c.Dir, name, "title:text!", "") }); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	for _, name := range []string{"invoices", "receipts"} {
		if !strings.Contains(c.Read(files.Features), name+".New(core)") || !strings.Contains(c.Read("docs/reference/limits.md"), strings.ToUpper(name)) {
			t.Errorf("%s are not there", name)
		}
	}
	if number(c, "invoices") == number(c, "receipts") {
		t.Error("two migrations have one number")
	}
}

// TestLineEndsOfWindows writes into a project whose lines end in two characters, and keeps them.
func TestLineEndsOfWindows(t *testing.T) {
	c := copied(t)
	for _, file := range []string{files.Features, "README.md", "docs/reference/limits.md", "go.mod"} {
		c.Write(file, strings.ReplaceAll(c.Read(file), "\n", "\r\n"))
	}
	if _, err := writeSection(c.Dir, "invoices", "title:text!", ""); err != nil {
		t.Fatal(err)
	}
	const section = "internal/sections/invoices/invoices.go"
	c.Write(section, strings.ReplaceAll(c.Read(section), "\n", "\r\n"))
	if _, err := writeField(c.Dir, "invoices", "paid:bool", false); err != nil {
		t.Fatal(err)
	}
	for file, part := range map[string]string{files.Features: "invoices.New(core)),\r\n", "docs/reference/limits.md": "`LIMIT_INVOICES_WRITE` | 300 |\r\n", section: "paid:bool\"\r\n"} {
		if text := c.Read(file); !strings.Contains(text, part) || strings.Count(text, "\n") != strings.Count(text, "\r\n") {
			t.Errorf("%s lacks %q, or has line ends of two kinds", file, part)
		}
	}
}
