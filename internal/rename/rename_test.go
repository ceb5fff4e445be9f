package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsRefused(t *testing.T) {
	for _, c := range []struct{ module, name string }{
		{"", "App"},
		{"app", "App"},
		{"github.com/you/app; rm -rf", "App"},
		{"GITHUB.com/../x", "App"},
		{"github.com/you/app", ""},
		{"github.com/you/app", "A\"pp"},
		{"github.com/you/app", "<b>"},
		{"github.com/you/app", "A\nB"},
	} {
		if rename(t.TempDir(), c.module, c.name) == nil {
			t.Errorf("%q %q was accepted", c.module, c.name)
		}
	}
}

func TestSlug(t *testing.T) {
	for module, want := range map[string]string{"github.com/you/My-App": "my-app", "github.com/you/app/v2": "app", "example.org/a.b": "a-b"} {
		if got := slug(module); got != want {
			t.Errorf("slug(%q) = %q, want %q", module, got, want)
		}
	}
}

// TestTheWholeTree renames a copy of the project, as the README says, and runs what it can of its tests there.
func TestTheWholeTree(t *testing.T) {
	if testing.Short() || os.Getenv("INNER_RENAME") != "" {
		t.Skip("not within itself, and not with -short")
	}
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(filepath.Join("..", ".."))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(root, ".git")); err != nil {
		t.Fatal(err)
	}
	const name = "It's Your App & Co"
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "INNER_RENAME=1", "MAKELEVEL=", "MAKEFLAGS=") // no make within make
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run("make", "rename", "MODULE=github.com/you/my-app", "NAME="+name)
	if text, err := os.ReadFile(filepath.Join(root, "views", "page.go")); err != nil || !strings.Contains(string(text), `"`+name+`"`) {
		t.Errorf("the name is not in the pages: %v", err)
	}
	run("go", "vet", "./...")
	run("go", "test", "-short", "./views/...", "./internal/web/...", "./internal/config/...", "./internal/app/...", "./internal/rename/...", "./internal/sections/...")
	run("go", "test", "./internal/app", "-run", "^TestBrowserJourney$")
	if got := run("go", "run", "./cmd/my-app", "help", "config"); !strings.Contains(got, "sqlite:data/my-app.db") {
		t.Errorf("the data file keeps the old name:\n%s", got)
	}
	var left []string
	err := filepath.WalkDir(root, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "LICENSE" || d.Name() == "main.go" && strings.Contains(file, "rename") {
			return err
		}
		text, err := os.ReadFile(file)
		if err == nil && strings.Contains(strings.ToLower(string(text)), oldSlug) && !strings.HasSuffix(file, ".png") {
			left = append(left, strings.TrimPrefix(file, root))
		}
		return err
	})
	if err != nil || len(left) > 0 {
		t.Errorf("the old name is left in %v (%v)", left, err)
	}
}
