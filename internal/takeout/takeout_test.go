// Package takeout tests that everything beyond the core can be taken out: the example section, each capability, and the
// whole of log in.
package takeout

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

const root = "../.."

// TestTakingOutIsDeleting deletes the folder of a feature, its migration, and its lines in app/features.go, and expects
// that the rest builds, has no lint, passes its tests and leads to no dead link.
func TestTakingOutIsDeleting(t *testing.T) {
	if testing.Short() || os.Getenv("INNER") != "" {
		t.Skip("takes minutes: not with -short, and not in a copy of the project")
	}
	folders := []string{"internal/sections/notes"}
	capabilities, err := os.ReadDir(filepath.Join(root, "internal", "features"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range capabilities {
		folders = append(folders, "internal/features/"+c.Name())
	}
	for i, folder := range folders {
		t.Run(path.Base(folder), func(t *testing.T) {
			if i > 0 && os.Getenv("CI") != "true" {
				t.Skip("takes minutes: only with CI=true")
			}
			c := testkit.CopyProject(t, root)
			takeOut(t, c, folder)
			c.Run("go", "mod", "tidy")
			c.Write("internal/app/routes.txt", c.Run("go", "run", "./cmd/latchkey", "routes"))
			c.Run("make", "lint")
			c.Run("go", "test", "-short", "./...")
		})
	}
}

// takeOut deletes a feature as docs/how-to/remove-the-example.md says.
func takeOut(t *testing.T, c *testkit.Copy, folder string) {
	t.Helper()
	name := path.Base(folder)
	c.Remove(folder)
	files, err := os.ReadDir(filepath.Join(c.Dir, "migrations"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files { // 00004_kept_forms.sql is the one of keptform
		if strings.HasPrefix(strings.Trim(strings.ReplaceAll(f.Name(), "_", ""), "0123456789"), name) {
			c.Remove("migrations/" + f.Name())
		}
	}
	const list = "internal/app/features.go"
	lines := regexp.MustCompile(`(?m)^.*(/` + name + `"|\b` + name + `\.New\().*\n`)
	text := c.Read(list)
	if n := len(lines.FindAllString(text, -1)); n != 2 {
		t.Fatalf("%s names %s on %d lines; its import and its line make two", list, name, n)
	}
	c.Write(list, lines.ReplaceAllString(text, ""))
}
