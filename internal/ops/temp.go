package ops

import (
	"os"
	"path/filepath"
)

// TempFolder makes sure that there is a place for temporary files (downloads, uploads). Without a /tmp that can be written, as
// in an empty container, it sets TMPDIR to the folder of the database. It returns the folder, and whether it can be written.
// file is the SQLite file.
// On PostgreSQL file is "", and no folder but TMPDIR or /tmp is tried.
func TempFolder(file string) (dir string, ok bool) {
	if writable(os.TempDir()) {
		return os.TempDir(), true
	}
	if file == "" {
		return os.TempDir(), false
	}
	dir = filepath.Dir(file)
	return dir, writable(dir) && os.Setenv("TMPDIR", dir) == nil
}

// writable reports whether a file can be made in the folder.
func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".try-*")
	if err != nil {
		return false
	}
	f.Close() //nolint:errcheck // it is empty
	return os.Remove(f.Name()) == nil
}
