//go:build unix

package sqlitefile

import (
	"os"
	"syscall"
)

// ownAs gives a file that root made to the owner of another one. For any other user it does nothing.
func ownAs(path, like string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(like)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return os.Chown(path, int(owner.Uid), int(owner.Gid))
}
