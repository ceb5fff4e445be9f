//go:build unix

package sqlitefile

import (
	"os"
	"syscall"
)

// ownAs gives what root made at the path to the owner of another file. For everybody else it does nothing: what they
// make is theirs.
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
