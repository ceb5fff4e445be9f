package main

import (
	"context"
	"strings"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/testkit/clone"
)

// small makes a project with the least that prune needs: a core and two features, of which one has a table.
func small(t *testing.T) *clone.Copy {
	t.Helper()
	c := clone.Empty(t)
	for name, text := range map[string]string{
		".gitignore":                      "/data/\n/.env\n*.out\n",
		"go.mod":                          "module example.com/small\n\ngo 1.26\n",
		"CHANGELOG.md":                    "# Changelog\n\n## 0.1.0\n\n- Shouts, and whispers.\n",
		"views/page.go":                   "package views\n\nconst Site = \"Small\"\n",
		"internal/app/app.go":             "package app\n\ntype App struct {\n\t// Loud is how it is said.\n\tLoud, Louder bool\n\tName         string\n}\n",
		"internal/app/features.go":        "package app\n\nimport (\n\t\"example.com/small/internal/features/shout\"\n\t\"example.com/small/internal/features/whisper\"\n)\n\nvar list = []any{\n\tshout.New(),\n\twhisper.New(),\n}\n",
		"internal/features/shout/a.go":    "package shout\n\nfunc New() string { return `SELECT * FROM shouts` }\n",
		"internal/features/whisper/a.go":  "package whisper\n\nfunc New() int { return 2 }\n",
		"internal/features/shout/more.md": "More of\nit.\n",
		"internal/features/shout/prune.txt": "about   to be heard\nwords   shout\ncut CHANGELOG.md \"Shouts, and\"\n" +
			"swap    docs/a.md \"shouts loudly\" \"waits\"\nfield   internal/app/app.go ^Loud\nput     docs/b.md internal/features/shout/other.md\n" +
			"file    internal/voice/\ndecl    internal/app/*_test.go ^(TestLoud|loud)$\n",
		"internal/app/loud_test.go":        "package app\n\nimport (\n\t\"testing\"\n)\n\nfunc TestLoud(t *testing.T) { t.Log() }\n",
		"internal/app/quiet_test.go":       "package app\n\nimport (\n\t\"os\"\n)\n\nvar quiet = 1\n\nvar loud = os.Args\n",
		"internal/features/shout/other.md": "Quiet.\n",
		"internal/voice/voice.go":          "package voice\n\nconst Loud = true\n",
		"docs/b.md":                        "Loud.\n",
		"docs/a.md":                        "Somebody shouts\nloudly here.\n",
		"migrations/00001_base.sql":        "-- +goose Up\nCREATE TABLE base (id TEXT);\n-- +goose Down\nDROP TABLE base;\n",
		"migrations/00002_loud.sql":        "-- +goose Up\nCREATE TABLE shouts (id TEXT);\n-- +goose Down\nDROP TABLE shouts;\n",
		"migrations/10001_loud.sql":        "-- +goose Up\nALTER TABLE shouts ADD COLUMN how TEXT;\n-- +goose Down\nALTER TABLE shouts DROP COLUMN how;\n", // a later column of it
	} {
		c.Write(name, text)
	}
	c.Init()
	return c
}

func take(c *clone.Copy, o options, names ...string) (string, error) {
	o.without = names
	return prune(context.Background(), c.Dir, o)
}

func TestPrune(t *testing.T) {
	c := small(t)
	before := c.Tree()
	report, err := take(c, options{}, "shout")
	if err != nil || !strings.Contains(report, "shout") {
		t.Fatalf("%q %v", report, err)
	}
	want := map[string]string{}
	for name, text := range before {
		if !strings.Contains(name, "shout") && !strings.Contains(name, "loud") {
			want[name] = strings.NewReplacer("\t\"example.com/small/internal/features/shout\"\n", "", "\tshout.New(),\n", "", "Shouts, and whispers", " whispers", "shouts\nloudly", "waits").Replace(text)
		}
	}
	want["internal/app/app.go"], want["docs/b.md"] = "package app\n\ntype App struct {\n\tName string\n}\n", "Quiet.\n"
	want["internal/app/quiet_test.go"] = "package app\n\nvar quiet = 1\n"
	delete(want, "internal/voice/voice.go")
	want["CHANGELOG.md"], want["docs/a.md"] = "# Changelog\n\n## 0.1.0\n\n- whispers.\n", "Somebody waits here.\n"
	stamp, err := origin.Read(c.Dir)
	if err != nil || strings.Join(stamp.Without, " ") != "shout" || stamp.Version != "0.1.0" || stamp.Commit == "" {
		t.Errorf("the stamp is %+v (%v)", stamp, err)
	}
	after := c.Tree()
	delete(after, origin.File)
	for name := range after {
		if after[name] != want[name] {
			t.Errorf("%s is %q, not %q", name, after[name], want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("these are gone: %v", want)
	}
}

// TestADraftLeavesPagesAsTheyWereGenerated is what update and comparison ask for: without what would take long, go.mod is right all
// the same, though a page was generated that still imports what is gone.
func TestADraftLeavesPagesAsTheyWereGenerated(t *testing.T) {
	c := small(t)
	page := "package views\n\nimport \"example.com/small/internal/voice\"\n\n"
	c.Write("views/a.templ", page+"templ a() {\n\t<b>{ voice.Loud }</b>\n}\n")
	c.Write("views/a_templ.go", page+"var _ = voice.Loud\n")
	c.Write("internal/features/shout/prune.txt", c.Read("internal/features/shout/prune.txt")+`cut views/a.templ "import \"example.com/small/internal/voice\""`+"\nswap views/a.templ \"{ voice.Loud }\" \"no\"\n")
	c.Commit("A page")
	t.Setenv(origin.Draft, "true")
	if _, err := take(c, options{force: true}, "shout"); err != nil {
		t.Fatal(err)
	}
	if c.Read("views/a_templ.go") != page+"var _ = voice.Loud\n" || strings.Contains(c.Read("views/a.templ"), "voice") {
		t.Errorf("the page is %q, generated %q", c.Read("views/a.templ"), c.Read("views/a_templ.go"))
	}
}

// TestWhatIsRefused holds that a refusal says why, and changes nothing.
func TestWhatIsRefused(t *testing.T) {
	for name, one := range map[string]struct {
		prepare func(c *clone.Copy)
		names   string
		says    []string
	}{
		"an unknown name":       {nil, "shouts", []string{`no "shouts"`, "shout, whisper"}},
		"two unknown names":     {nil, "shouts, shout loud", []string{`no "shouts", no "loud"`}},
		"what is not committed": {func(c *clone.Copy) { c.Write("mine.txt", "x") }, "shout", []string{"not committed", "mine.txt"}},
		"no git":                {func(c *clone.Copy) { c.Run("rm", "-r", ".git") }, "shout", []string{"must be in git"}},
		"a file that is changed": {func(c *clone.Copy) {
			c.Write("internal/features/shout/a.go", "package shout\n\nfunc New() int { return 3 }\n")
		}, "shout", []string{"internal/features/shout/a.go", "FORCE=1"}},
		"a file that is new": {func(c *clone.Copy) { c.Write("internal/features/shout/b.go", "package shout\n") }, "shout", []string{"internal/features/shout/b.go", "FORCE=1"}},
		"code that needs it": {func(c *clone.Copy) {
			c.Write("internal/app/own.go", "package app\n\nimport \"example.com/small/internal/features/shout\"\n\nvar _ = shout.New()\n")
		}, "shout", []string{"internal/app/own.go imports internal/features/shout"}},
		"a test that needs it": {func(c *clone.Copy) {
			c.Write("internal/app/own_test.go", "package app\n\nimport \"example.com/small/internal/features/shout\"\n\nvar _ = shout.New()\n")
		}, "shout", []string{"internal/app/own_test.go imports internal/features/shout"}},
		"a page that needs it": {func(c *clone.Copy) {
			c.Write("internal/app/own.templ", "package app\n\nimport \"example.com/small/internal/features/shout\"\n\ntempl page() {\n\t<p>{ shout.New() }</p>\n}\n")
		}, "shout", []string{"internal/app/own.templ imports internal/features/shout"}},
		"a table that refers to its table": {func(c *clone.Copy) {
			c.Write("migrations/10002_own.sql", "-- +goose Up\nCREATE TABLE own (id TEXT, loud TEXT REFERENCES shouts (id));\n-- +goose Down\nDROP TABLE own;\n")
		}, "shout", []string{"migrations/10002_own.sql refers to the table shouts"}},
		"code that reads its table": {func(c *clone.Copy) {
			c.Write("internal/features/shout/b.go", "package shout\n\nconst add = `INSERT INTO shouts VALUES ('a')`\n")
			c.Write("internal/app/own.go", "package app\n\nconst all = `SELECT id FROM shouts`\n")
		}, "shout", []string{"internal/app/own.go asks the table shouts"}},
		"code that needs a package of it": {func(c *clone.Copy) {
			c.Write("internal/app/own.go", "package app\n\nimport \"example.com/small/internal/voice\"\n\nvar _ = voice.Loud\n")
		}, "shout", []string{"internal/app/own.go imports internal/voice"}},
		"what does not build then": {func(c *clone.Copy) {
			c.Write("internal/app/features.go", strings.Replace(c.Read("internal/app/features.go"), "\twhisper.New(),\n}", "\twhisper.New(),\n}\n\nvar again = shout.New\n", 1))
		}, "shout", []string{"nothing was taken out", "shout"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := small(t)
			if one.prepare != nil {
				one.prepare(c)
				if c.Read("mine.txt") == "" && c.Read(".git/HEAD") != "" {
					c.Commit("Mine")
				}
			}
			before := c.Tree()
			_, err := take(c, options{}, names(one.names)...)
			for _, says := range one.says {
				if err == nil || !strings.Contains(err.Error(), says) {
					t.Errorf("it does not say %q: %v", says, err)
				}
			}
			after := c.Tree()
			for name := range before {
				if before[name] != after[name] {
					t.Errorf("%s was changed", name)
				}
				delete(after, name)
			}
			if len(after) > 0 {
				t.Errorf("there is more: %v", after)
			}
		})
	}
}

// TestNamesAsPeopleWriteThem are those that are in another case, twice, or separated by commas; and one that is out already.
func TestNamesAsPeopleWriteThem(t *testing.T) {
	c := small(t)
	c.Write("internal/features/shout/trace.out", "of a tool, which git does not track\n")
	report, err := take(c, options{}, names(" Shout,,SHOUT, whisper ")...)
	if err != nil || !strings.Contains(report, "shout, whisper") || !strings.Contains(report, "internal/features/shout") {
		t.Fatalf("%q %v", report, err)
	}
	if c.Read("internal/features/shout/trace.out") == "" {
		t.Error("what git cannot bring back is deleted")
	}
	c.Commit("Without")
	if _, err := take(c, options{}, "shout"); err == nil || !strings.Contains(err.Error(), "shout was taken out already") || strings.Contains(err.Error(), "there is no") {
		t.Errorf("the second time: %v", err)
	}
	if _, err := take(c, options{}, "louder"); err == nil || !strings.Contains(err.Error(), "nothing is left") {
		t.Errorf("where all is gone: %v", err)
	}
}

// TestWithoutANetwork holds that a module which cannot be fetched is not taken for code that does not build.
func TestWithoutANetwork(t *testing.T) {
	c := small(t)
	c.Write("go.mod", c.Read("go.mod")+"\nrequire example.com/absent v1.0.0\n")
	c.Write("internal/app/own.go", "package app\n\nimport _ \"example.com/absent\"\n")
	c.Commit("Mine")
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFLAGS", "-mod=mod")
	before := c.Tree()
	_, err := take(c, options{force: true}, "shout")
	if err == nil || !strings.Contains(err.Error(), "example.com/absent") || !strings.Contains(err.Error(), "could not be fetched, so nothing was taken out") || strings.Contains(err.Error(), "does not build") {
		t.Errorf("it is refused: %v", err)
	}
	for name, text := range before {
		if c.Read(name) != text {
			t.Errorf("%s was changed", name)
		}
	}
}

// TestLinesThatEndElsewhereAreNoChange is for pages that were cut under another name of the program, with other lines.
func TestLinesThatEndElsewhereAreNoChange(t *testing.T) {
	c := small(t)
	c.Write("internal/features/shout/more.md", "More\nof it.\n")
	c.Commit("Other lines")
	if _, err := take(c, options{}, "shout"); err != nil {
		t.Error(err)
	}
}

// TestChangedFilesGoWhenAsked is the way out that the refusal names.
func TestChangedFilesGoWhenAsked(t *testing.T) {
	c := small(t)
	c.Write("internal/features/shout/b.go", "package shout\n")
	c.Commit("Mine")
	if _, err := take(c, options{force: true}, "shout"); err != nil || c.Read("internal/features/shout/b.go") != "" {
		t.Error(err)
	}
}

// TestTheProjectIsFoundFromBelow is for whoever runs the program in a folder of the project, which may be a folder of a
// repository that holds more. What is not committed elsewhere is no matter.
func TestTheProjectIsFoundFromBelow(t *testing.T) {
	c := small(t)
	if root, err := rootOf(c.Dir + "/internal/features"); err != nil || root != c.Dir {
		t.Errorf("%q %v", root, err)
	}
	if _, err := rootOf(t.TempDir()); err == nil {
		t.Error("there is no project")
	}
}

// TestAProjectInAFolderOfARepository holds that what is around it is left alone, and may be in disorder; and that what the person
// has changed is found out there, too.
func TestAProjectInAFolderOfARepository(t *testing.T) {
	c := small(t)
	site := c.Dir + "/apps/site"
	c.Run("sh", "-c", "rm -rf .git && mkdir -p apps/site && mv .gitignore [!a]* apps/site")
	c.Write("README", "All of it.\n")
	c.Init()
	c.Write("apps/site/internal/features/whisper/a.go", "package whisper\n\nfunc New() int { return 3 }\n")
	c.Commit("Mine")
	c.Write("README", "Not committed.\n")
	if _, err := prune(context.Background(), site, options{without: []string{"whisper"}}); err == nil || !strings.Contains(err.Error(), "internal/features/whisper/a.go") {
		t.Errorf("it is refused: %v", err)
	}
	if _, err := prune(context.Background(), site, options{without: []string{"shout"}}); err != nil {
		t.Error(err)
	}
	if c.Read("apps/site/internal/features/shout/a.go") != "" || c.Read("apps/site/internal/features/whisper/a.go") == "" || c.Read("README") != "Not committed.\n" {
		t.Errorf("it is not as it should be: %s", c.Run("git", "status", "--porcelain"))
	}
}

// TestTwoSectionsOfWhichOneReadsTheOthersTable holds that both tables go, in whatever order the sections do.
func TestTwoSectionsOfWhichOneReadsTheOthersTable(t *testing.T) {
	for _, order := range [][]string{{"shout whisper"}, {"whisper", "shout"}} {
		c := small(t)
		c.Write("internal/features/shout/b.go", "package shout\n\nconst add = `INSERT INTO shouts VALUES ('a')`\n")
		c.Write("internal/features/whisper/b.go", "package whisper\n\nconst add = `INSERT INTO whispers SELECT id FROM shouts`\n")
		c.Write("migrations/10002_whisper.sql", "-- +goose Up\nCREATE TABLE whispers (id TEXT REFERENCES shouts (id));\n-- +goose Down\nDROP TABLE whispers;\n")
		c.Commit("Two")
		for _, one := range order {
			if _, err := take(c, options{force: true}, names(one)...); err != nil {
				t.Fatal(err)
			}
			c.Commit("Less")
		}
		if got := c.Run("ls", "migrations"); got != "00001_base.sql\n" {
			t.Errorf("%q leaves %s", order, got)
		}
	}
}

// TestWhatIsInUseIsKept holds that a setting which names what would go stands in the way, in .env as in the environment.
func TestWhatIsInUseIsKept(t *testing.T) {
	c := small(t)
	c.Write("internal/features/shout/prune.txt", c.Read("internal/features/shout/prune.txt")+"uses VOICE ^loud:\n")
	c.Write(".gitignore", "/data/\n/.env\n")
	c.Commit("Uses")
	t.Setenv("APP_ENV", "")
	refused := func() {
		t.Helper()
		_, err := take(c, options{force: true}, "shout")
		if err == nil || !strings.Contains(err.Error(), "VOICE") || !strings.Contains(err.Error(), "FORCE_DATA=1") || strings.Contains(err.Error(), "secret") {
			t.Errorf("it is not refused as it should be: %v", err)
		}
		if c.Read("internal/features/shout/a.go") == "" {
			t.Fatal("a refusal deletes")
		}
	}
	c.Write(".env", "VOICE = \"loud:secret\"\n")
	refused()
	c.Write(".env", "VOICE=low, not loud:\n")
	t.Setenv("VOICE", "loud:secret")
	refused()
	if _, err := take(c, options{force: true, forceData: true}, "shout"); err != nil || c.Read("internal/features/shout/a.go") != "" || c.Read(".env") == "" {
		t.Errorf("it is not taken out when asked: %v", err)
	}
}

// TestMakeSaysWhatThereIs is the list that make prune prints.
func TestMakeSaysWhatThereIs(t *testing.T) {
	c := clone.New(t)
	c.Init()
	if out := c.Run("make", "-s", "prune", "WITHOUT="); !strings.Contains(out, "takes it out") {
		t.Error(out)
	}
}

// TestAfterAnUpdate has a starter that the project was updated to, whose history it does not have: what the update made of it tells
// which files the person has changed since. Where that was squashed, it is said how the starter's commit gets there.
func TestAfterAnUpdate(t *testing.T) {
	c, from := small(t), small(t)
	from.Write("internal/features/shout/more.md", "More!\n")
	from.Commit("Release")
	stamp := origin.Stamp{Version: "0.2.0", Commit: strings.TrimSpace(from.Run("git", "rev-parse", "HEAD")), Module: "example.com/small", Name: "Small"}
	c.Write("mine.txt", "Mine.\n")
	c.Commit("Mine")
	// As make upstream does.
	c.Run("git", "switch", "-qc", "starter", "HEAD~1")
	c.Write("internal/features/shout/more.md", "More!\n")
	c.Write(origin.File, string(stamp.Bytes()))
	c.Commit(origin.Mark + "0.2.0, as this project has it")
	c.Run("git", "switch", "-q", "main")
	c.Run("git", "merge", "-q", "--no-ff", "-m", "Merge", "starter")
	c.Write("internal/features/whisper/a.go", "package whisper\n\nfunc New() int { return 3 }\n")
	c.Commit("Mine, too")
	if _, err := take(c, options{}, "whisper"); err == nil || !strings.Contains(err.Error(), "internal/features/whisper/a.go") {
		t.Errorf("a file that was changed since: %v", err)
	}
	if _, err := take(c, options{}, "shout"); err != nil {
		t.Errorf("files of the starter's newer version: %v", err)
	}

	c.Run("sh", "-c", "git restore . && git reset -q --soft $(git rev-list --max-parents=0 HEAD) && git commit -qm Squashed && git branch -D starter")
	_, err := take(c, options{}, "shout")
	if err == nil || !strings.Contains(err.Error(), "git fetch <the starter>") {
		t.Errorf("without the commit: %v", err)
	}
	c.Run("git", "fetch", "-q", from.Dir)
	if _, err := take(c, options{}, "whisper"); err == nil || !strings.Contains(err.Error(), "internal/features/whisper/a.go") {
		t.Errorf("with the starter's commit: %v", err)
	}
}
