package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAddASectionAsTheGuideSays follows docs/how-to/add-a-section.md on a copy of the project, command by command.
// The copied section brings its own stories, through the front door.
func TestAddASectionAsTheGuideSays(t *testing.T) {
	if testing.Short() || os.Getenv("INNER_SECTION") != "" {
		t.Skip("not within itself, and not with -short")
	}
	root := filepath.Join("..", "..")
	guide, err := os.ReadFile(filepath.Join(root, "docs", "how-to", "add-a-section.md"))
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	steps := 0
	for _, part := range strings.Split(string(guide), "```sh\n")[1:] {
		commands, _, _ := strings.Cut(part, "```")
		script.WriteString(commands)
		steps++
	}
	if steps != 5 {
		t.Fatalf("the guide has %d steps, not five", steps)
	}
	clone := t.TempDir()
	if err := os.CopyFS(clone, os.DirFS(root)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-exc", script.String())
	cmd.Dir, cmd.Env = clone, append(os.Environ(), "INNER_SECTION=1", "MAKELEVEL=", "MAKEFLAGS=") // no make within make
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	routes, err := os.ReadFile(filepath.Join(clone, "internal", "app", "routes.txt"))
	if err != nil || !strings.Contains(string(routes), "/links/{id}/edit") || !strings.Contains(string(out), "internal/sections/links") {
		t.Errorf("%v\n%s\n%s", err, routes, out)
	}
}
