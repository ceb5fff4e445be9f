//go:build linux || darwin

package ops

import "syscall"

// Umask makes every file that the program makes one of its user alone.
func Umask() { syscall.Umask(0o077) }

// free returns how many bytes an ordinary user can still write in the folder's file system.
func free(dir string) (bytes uint64, ok bool) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, false
	}
	return fs.Bavail * uint64(fs.Bsize), true
}

// maxFiles returns how many files and connections the program may have open.
func maxFiles() (n uint64, ok bool) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return limit.Cur, err == nil
}
