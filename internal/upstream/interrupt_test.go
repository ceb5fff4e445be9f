//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.com/latchkey/internal/testkit/clone"
)

// TestAnInterruptLeavesEverythingAsItWas presses Ctrl-C, which a terminal sends to all programs of the command: while the starter is
// put under the project's names, while git merges, while git writes what it has merged, and while tools write theirs.
func TestAnInterruptLeavesEverythingAsItWas(t *testing.T) {
	program := clone.Build(t, "./internal/upstream")
	for name, prepare := range map[string]func(from, c *clone.Copy){
		"rebuild": func(from, c *clone.Copy) {
			stop := "package main\n\nimport \"os/exec\"\n\nfunc main() { exec.Command(\"sh\", \"-c\", \"kill -INT 0; sleep 60\").Run() }\n"
			from.Write("internal/rename/main.go", stop)
			c.Write("internal/rename/main.go", stop)
			from.Commit("Stop")
			c.Run("rm", "-rf", ".git")
			c.Init()
			c.Write("views/page.go", "package views\n\nconst Site = \"Mine\"\n")
		},
		"merge": func(_, c *clone.Copy) {
			c.Write(".gitattributes", "docs/long.md merge=stop\n")
			c.Write("docs/long.md", "Mine.\n")
			c.Run("git", "config", "merge.stop.driver", "kill -INT 0; sleep 60")
		},
		"checkout": func(_, c *clone.Copy) {
			c.Write(".gitattributes", "docs/long.md filter=stop\n")
			c.Run("git", "config", "filter.stop.smudge", `text=$(cat); case $text in *!*) kill -INT 0; sleep 60;; esac; printf '%s\n' "$text"`)
		},
		"tools": func(_, c *clone.Copy) {
			c.Write("Makefile", "generate:\n\techo package a > docs/a_templ.go; echo Anew. > docs/unused.md; rm docs/long.md; kill -INT 0; sleep 60\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, c := starter(t)
			prepare(from, c)
			c.Run("sh", "-c", "git add -A && git commit -q --allow-empty -m Mine")
			release(from, "0.2.0", "More.", map[string]string{
				"docs/long.md": "One!\n\nTwo.\n\nThree.\n", "docs/a/new.md": "New.\n", "docs/z/new.md": "New.\n", "docs/a.templ": "package a\n",
			})
			temp := t.TempDir()
			unchanged := keeps(t, c)
			cmd := exec.CommandContext(t.Context(), program, "-from", from.Dir, "-apply")
			cmd.Dir, cmd.Env = c.Dir, append(os.Environ(), "TMPDIR="+temp)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as in a terminal: kill 0 is for the command alone
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "interrupted: everything is as it was") {
				t.Errorf("it was not interrupted: %v\n%s", err, out)
			}
			unchanged()
			if c.Run("sh", "-c", "find . -type d -empty -not -path './.git/*'") != "" {
				t.Error("there are empty folders")
			}
			if left, err := filepath.Glob(filepath.Join(temp, "upstream*")); err != nil || len(left) > 0 {
				t.Errorf("temporary folders stay: %v (%v)", left, err)
			}
		})
	}
}
