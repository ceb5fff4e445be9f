//go:build !linux && !darwin

package ops

// Umask does nothing where there is none.
func Umask() {}

func free(string) (bytes uint64, ok bool) { return 0, false }

func maxFiles() (n uint64, ok bool) { return 0, false }
