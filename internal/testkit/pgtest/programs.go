package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// debianPrograms is where Debian keeps the server programs of each version, in
// VERSION/bin. They are not in PATH there.
const debianPrograms = "/usr/lib/postgresql"

// findPrograms returns the directory of the server programs: the one of initdb
// in PATH, else the highest version below versions.
func findPrograms(versions string) (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(initdb); err == nil && hasPrograms(filepath.Dir(real)) {
			return filepath.Dir(real), nil
		}
	}
	best, highest := "", 0
	candidates, _ := filepath.Glob(filepath.Join(versions, "*", "bin"))
	for _, dir := range candidates {
		version, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if err == nil && version > highest && hasPrograms(dir) {
			best, highest = dir, version
		}
	}
	if best == "" {
		return "", fmt.Errorf("no PostgreSQL here: %s is not set, and the server programs are neither in PATH nor in %s", serverEnv, versions)
	}
	return best, nil
}

// hasPrograms reports whether dir holds all programs that a cluster needs.
func hasPrograms(dir string) bool {
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}
