package main

import (
	"testing"

	"example.com/latchkey/internal/origin"
)

// TestADraftHasNoPagesThatImportWhatIsGone takes out what a page of the core shows, without the tool that writes pages: make upstream does.
func TestADraftHasNoPagesThatImportWhatIsGone(t *testing.T) {
	t.Setenv(origin.Draft, "true")
	c := small(t)
	c.Write("internal/home/home.templ", "package home\n\n// Shouts, and\n")
	c.Write("internal/home/home_templ.go", "package home\n\nimport \"example.com/small/internal/features/shout\"\n\nvar _ = shout.New\n")
	c.Write("internal/home/other.templ", "package home\n")
	c.Write("internal/home/other_templ.go", "package home\n")
	c.Write("internal/features/shout/prune.txt", c.Read("internal/features/shout/prune.txt")+"cut internal/home/home.templ \"Shouts, and\"\n")
	c.Commit("A page")
	if report, err := take(c, options{force: true}, "shout"); err != nil {
		t.Fatalf("%s %v", report, err)
	}
	if c.Read("internal/home/home_templ.go") != "" || c.Read("internal/home/other_templ.go") == "" {
		t.Error("the page that has changed is still there, or the other is gone")
	}
}
