//go:build unix

package sqlitefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// The bytes that SQLite's locks are on (sqlite3.c, "PENDING_BYTE"): whoever has the database open in WAL mode keeps a
// shared lock on some of them.
const (
	lockedByte  = 0x40000000
	lockedBytes = 2 + 510
)

// lockUnused takes the locks of a SQLite file as its only user, whatever its content, and returns what gives them back.
// It fails while anybody has the database open.
func lockUnused(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: lockedByte, Len: lockedBytes}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &lock); err != nil {
		if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
			err = fmt.Errorf("%s is in use: stop the server, and whatever else has it open, first", path)
		}
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil // which gives the locks back
}
