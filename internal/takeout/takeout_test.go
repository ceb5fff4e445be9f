// Package takeout tests that everything beyond the core can be taken out.
package takeout

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit/clone"
)

// TestTakingOutIsDeleting deletes each feature in a copy of the project: its folder, its migration, and its lines in
// app/features.go. The rest builds, has no lint, passes its tests, and no page has a dead link
// (TestNoPageHasADeadLink is among them). Only routes.txt and go.mod are written anew.
func TestTakingOutIsDeleting(t *testing.T) {
	all := folders(t)
	if os.Getenv("SLOW") != "true" {
		all = all[:1] // each takes minutes: make slow tries them all
	}
	for _, folder := range all {
		name := path.Base(folder)
		t.Run(name, func(t *testing.T) {
			c := clone.New(t)
			remove(t, c, folder)
			for _, file := range files(t, filepath.Join(c.Dir, "migrations")) {
				letters := strings.Trim(strings.ReplaceAll(file, "_", ""), "0123456789")
				if strings.HasPrefix(letters, name) { // 00004_kept_forms.sql is the one of keptform
					remove(t, c, "migrations/"+file)
				}
			}
			const list = "internal/app/features.go"
			lines := regexp.MustCompile(`(?m)^.*(/` + name + `"|\b` + name + `\.New\().*\n`)
			if found := lines.FindAllString(c.Read(list), -1); len(found) != 2 {
				t.Fatalf("not two lines of %s, an import and a feature: %q", list, found)
			}
			c.Write(list, lines.ReplaceAllString(c.Read(list), ""))

			c.Run("go", "mod", "tidy")
			c.Write("internal/app/routes.txt", c.Run("go", "run", "./cmd/latchkey", "routes"))
			c.Run("make", "lint")
			c.Run("go", "test", "-short", "./...")
		})
	}
}

// folders are those of all features, the example first.
func folders(t *testing.T) []string {
	t.Helper()
	all := []string{"internal/sections/notes"}
	for _, name := range files(t, filepath.Join(clone.Root(t), "internal", "features")) {
		all = append(all, "internal/features/"+name)
	}
	return all
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func remove(t *testing.T, c *clone.Copy, name string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(c.Dir, name)); err != nil {
		t.Fatal(err)
	}
}
