package walindex

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// errNotMapped says that no connection of this process has mapped the WAL-index yet.
var errNotMapped = errors.New("walindex: no connection has mapped it")

// Map maps the WAL-index of the database at the path. A connection of this process must be open and must have read, and one
// must stay open until Close: while one is, nobody truncates or removes the file, and the mapping is that of all processes.
//
// It opens no file, but doubles the mapping that SQLite has made. A descriptor of ours would be a danger: to close it drops
// every lock that this process holds on the file (fcntl(2), "the locks are released when any descriptor is closed"), and on
// the -shm file SQLite holds those that keep its readers and writers apart.
func Map(path string) (*Index, error) {
	real, err := filepath.EvalSymlinks(path) // as SQLite does
	if err != nil {
		return nil, err
	}
	if real, err = filepath.Abs(real); err != nil {
		return nil, err
	}
	from, err := mapping(real + "-shm")
	if err != nil {
		return nil, err
	}
	// Of a shared mapping, mremap with an old size of 0 makes another of the same pages (mremap(2)).
	size := uintptr(os.Getpagesize())
	const mayMove = 1 // MREMAP_MAYMOVE
	own, _, errno := syscall.Syscall6(syscall.SYS_MREMAP, from, 0, size, mayMove, 0, 0)
	if errno != 0 {
		return nil, os.NewSyscallError("mremap", errno)
	}
	unmap := func() { syscall.Syscall(syscall.SYS_MUNMAP, own, size, 0) } //nolint:errcheck // nothing depends on it
	if _, _, errno := syscall.Syscall(syscall.SYS_MPROTECT, own, size, syscall.PROT_READ); errno != 0 {
		unmap()
		return nil, os.NewSyscallError("mprotect", errno)
	}
	x := &Index{mapped: *(**[2 * len(Version{})]uint64)(unsafe.Pointer(&own)), unmap: unmap}
	return x, nil
}

// mapping returns the address at which the beginning of the file is mapped into this process.
func mapping(file string) (uintptr, error) {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return 0, err
	}
	defer maps.Close()
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		// address-address permissions offset device inode path: proc_pid_maps(5). What was removed ends with " (deleted)".
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || !strings.HasSuffix(lines.Text(), " "+file) || !strings.HasSuffix(fields[1], "s") {
			continue
		}
		if offset, err := strconv.ParseUint(fields[2], 16, 64); err != nil || offset != 0 {
			continue
		}
		begin, _, _ := strings.Cut(fields[0], "-")
		at, err := strconv.ParseUint(begin, 16, 64)
		return uintptr(at), err
	}
	if err := lines.Err(); err != nil {
		return 0, err
	}
	return 0, errNotMapped
}
