//go:build starter

package howto_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"example.com/latchkey/internal/testkit/clone"
)

// TestWhereACloneLies holds that a clone's tests do not depend on the folder it is in, nor on what is in those above it,
// nor on where temporary files go. make slow runs all short tests, elsewhere some run.
func TestWhereACloneLies(t *testing.T) {
	if testing.Short() || clone.Within() {
		t.Skip("runs the tests of a copy; not in one, and not with -short")
	}
	private := t.TempDir()
	if err := os.Chmod(filepath.Dir(private), 0o755); err != nil { // as /tmp is: programs start there as other users
		t.Fatal(err)
	}
	above := filepath.Join(private, "blanks and 'quotes' above")
	c := clone.At(t, filepath.Join(above, "a clone"))
	other := filepath.Join(above, "other")
	tmp := filepath.Join(above, `it's "temporary"`)
	for _, dir := range []string{other, tmp} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(other, "go.mod"), "module other\n\ngo 1.26\n")
	write(t, filepath.Join(above, "go.work"), "go 1.26\n\nuse ./other\n")
	c.Env = []string{"TMPDIR=" + tmp}
	c.Run("make", "build")
	c.Run("make", "generate")
	c.Run("make", "routes")
	if os.Getenv("SLOW") == "true" {
		c.Run("make", "test", "RACE=", "TESTFLAGS=-short -shuffle=on")
		return
	}
	c.Run("make", "test", "RACE=", "TESTFLAGS=-short -run '^TestA'")
}

// TestVendored holds that a clone works with its dependencies beside it, and that nobody takes them for the project.
func TestVendored(t *testing.T) {
	c := clone.New(t)
	c.Run("go", "mod", "vendor")
	c.Run("make", "build")
	c.Run("make", "lint")
	if os.Getenv("SLOW") == "true" {
		c.Run("make", "test", "RACE=", "TESTFLAGS=-short")
		return
	}
	c.Run("go", "test", "-short", "./internal/app", "-run", "Named|Arrows|Routes|Setting")
}

// TestLineEndsOfWindows holds that a clone has the same bytes on a system that likes other line ends: generated code is
// compared, and what is embedded is hashed.
func TestLineEndsOfWindows(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here")
	}
	c := clone.At(t, filepath.Join(t.TempDir(), "from"))
	before := c.Tree()
	git := []string{"-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.autocrlf=true", "-c", "core.eol=crlf", "-c", "core.safecrlf=false"}
	c.Run("git", append(git, "init", "-q")...)
	c.Run("git", append(git, "add", ".")...)
	c.Run("git", append(git, "commit", "-qm", "x")...)
	to := filepath.Join(t.TempDir(), "to")
	c.Run("git", append(git, "clone", "-q", c.Dir, to)...)
	c.Dir = to
	after := c.Tree()
	for name, text := range before {
		if after[name] != text {
			t.Errorf("%s is other bytes", name)
		}
	}
}
