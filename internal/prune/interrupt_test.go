//go:build unix

package main

import (
	"maps"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/testkit/clone"
)

// TestInterrupted ends the program while it asks whether the rest builds, when all is written: after Ctrl-C, which a terminal sends to
// all programs of the command, everything is put back; after a kill, git restore alone brings it back.
func TestInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program; not with -short")
	}
	program := clone.Build(t, "./internal/prune")
	real, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]string{"Ctrl-C": "kill -INT 0", "a kill": "kill -KILL $PPID"} {
		t.Run(name, func(t *testing.T) {
			c := small(t)
			before := c.Tree()
			tools := clone.Empty(t)
			tools.Write("go", "#!/bin/sh\nif [ \"$1\" = vet ]; then [ ! -e internal/features/shout/a.go ] && touch '"+tools.Dir+"/gone'; "+end+"; exit 1; fi\nexec '"+real+"' \"$@\"\n")
			tools.Run("chmod", "+x", "go")
			cmd := exec.Command(program, "-without", "shout")
			cmd.Dir, cmd.Env = c.Dir, append(os.Environ(), "PATH="+tools.Dir+":"+os.Getenv("PATH"))
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as in a terminal: kill 0 is for the command alone
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Errorf("it was not ended: %s", out)
			}
			if _, err := os.Stat(tools.Dir + "/gone"); err != nil {
				t.Error("it is still there, so this is no test")
			}
			if name == "Ctrl-C" {
				if !strings.Contains(string(out), "interrupted, so nothing was taken out") {
					t.Errorf("it ends with %v: %s", err, out)
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
