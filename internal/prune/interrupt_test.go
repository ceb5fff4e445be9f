package main

import (
	"bufio"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/testkit/clone"
)

// TestInterrupted ends the program while it asks whether the rest builds, when all is written: after Ctrl-C everything is put back;
// after a kill, git restore alone brings it back.
func TestInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program; not with -short")
	}
	program := filepath.Join(t.TempDir(), "prune")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	real, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	for name, signal := range map[string]os.Signal{"Ctrl-C": os.Interrupt, "a kill": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			c := small(t)
			before := c.Tree()
			tools := clone.Empty(t)
			c.Run("mkfifo", tools.Dir+"/begun", tools.Dir+"/go-on")
			tools.Write("go", "#!/bin/sh\nif [ \"$1\" = vet ]; then echo vet > '"+tools.Dir+"/begun'; read line < '"+tools.Dir+"/go-on'; fi\nexec '"+real+"' \"$@\"\n")
			c.Run("chmod", "+x", tools.Dir+"/go")
			cmd := exec.Command(program, "-without", "shout")
			cmd.Dir, cmd.Env = c.Dir, append(os.Environ(), "PATH="+tools.Dir+":"+os.Getenv("PATH"))
			var says strings.Builder
			cmd.Stderr = &says
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			begun, err := os.Open(tools.Dir + "/begun") // waits until somebody writes to it
			if err != nil {
				t.Fatal(err)
			}
			defer begun.Close() //nolint:errcheck // it was read
			if _, err := bufio.NewReader(begun).ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			if c.Read("internal/features/shout/a.go") != "" {
				t.Error("it is still there, so this is no test")
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if signal == syscall.SIGKILL {
				cmd.Wait() //nolint:errcheck // it was killed
			}
			if err := os.WriteFile(tools.Dir+"/go-on", []byte("\n"), 0o600); err != nil { // waits until somebody reads it
				t.Fatal(err)
			}
			if signal == os.Interrupt {
				if err := cmd.Wait(); err == nil || !strings.Contains(says.String(), "interrupted, so nothing was taken out") {
					t.Errorf("it ends with %v: %s", err, says.String())
				}
			} else {
				if out := c.Run("git", "status", "--porcelain"); !strings.Contains(out, " D internal/features/shout/a.go") || strings.Contains(out, origin.File) {
					t.Errorf("git tells of it: %s", out)
				}
				c.Run("git", "restore", ".")
			}
			if !maps.Equal(c.Tree(), before) {
				t.Errorf("there is something else: %s", c.Run("git", "status", "--porcelain"))
			}
		})
	}
}
