package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit/clone"
)

// TestPackagesThatAreGoneAreTold has files that the project has added, which git merges with nothing and which would not build: they
// import packages that the starter has moved or deleted. It is told before the merge and after it, at the top and in a folder.
func TestPackagesThatAreGoneAreTold(t *testing.T) {
	for i, setting := range []string{"color.grep=always", "grep.fullName=true"} { // as somebody may have for all repositories
		key, value, _ := strings.Cut(setting, "=")
		t.Setenv(fmt.Sprintf("GIT_CONFIG_KEY_%d", i), key)
		t.Setenv(fmt.Sprintf("GIT_CONFIG_VALUE_%d", i), value)
		t.Setenv("GIT_CONFIG_COUNT", fmt.Sprint(i+1))
	}
	for name, folder := range map[string]string{"at the top": "", "in a folder": "a shop"} {
		t.Run(name, func(t *testing.T) {
			from, c := starter(t)
			from.Write("internal/b/b.templ", "package b\n")
			c.Write("internal/b/b.templ", "package b\n")
			from.Commit("B")
			c.Run("rm", "-rf", ".git")
			if folder != "" {
				above := clone.Empty(t)
				above.Run("cp", "-r", c.Dir, filepath.Join(above.Dir, folder))
				above.Init()
				c.Dir = filepath.Join(above.Dir, folder)
			} else {
				c.Init()
			}
			c.Write("internal/sections/mine/mine.go", "package mine\n\nimport (\n\t\"example.com/small/internal/b\"\n\t\"example.com/small/internal/core\"\n)\n")
			c.Write("internal/sections/mine/other.go", "package mine\n\nimport \"example.com/small/internal/core\"\n")
			c.Write("internal/sections/mine/a_templ.go", "package mine\n\nimport \"example.com/small/internal/core\"\n")
			c.Write("internal/sections/mine/more.go", "package mine\n\nimport \"example.com/small/internal/core/more\"\n")
			c.Write("internal/core/more/more.go", "package more\n")
			c.Commit("Mine")
			from.Run("sh", "-c", "mkdir internal/heart && git mv internal/core/core.go internal/heart/heart.go && git rm -q internal/b/b.templ")
			release(from, "0.2.0", "Other names.", nil)

			const moved = "internal/sections/mine/mine.go, internal/sections/mine/other.go: import \"internal/core\", which is internal/heart now."
			const deleted = "internal/sections/mine/mine.go: import \"internal/b\", which is no longer in the starter. Do without it, or keep it: git checkout "
			report, err := upstream(t.Context(), c.Dir, options{from: from.Dir})
			if err != nil || !strings.Contains(report, moved) || !strings.Contains(report, deleted+"<your branch> -- internal/b") {
				t.Errorf("before the merge: %v\n%s", err, report)
			}
			_, err = upstream(t.Context(), c.Dir, options{from: from.Dir, apply: true})
			if err == nil || !strings.Contains(err.Error(), moved) || !strings.Contains(err.Error(), deleted+"main -- internal/b") {
				t.Errorf("after it: %v", err)
			}
			c.Run("git", "checkout", "main", "--", "internal/b")
			if c.Read("internal/b/b.templ") == "" {
				t.Error("what it says does not keep the package")
			}
		})
	}
}
