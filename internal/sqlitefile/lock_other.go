//go:build !unix

package sqlitefile

import "os"

// lockUnused fails while anybody has the file open, where the system keeps an open file from being renamed.
func lockUnused(path string) (unlock func() error, err error) {
	if err := os.Rename(path, path+".probe"); err != nil {
		return nil, err
	}
	return func() error { return nil }, os.Rename(path+".probe", path)
}
