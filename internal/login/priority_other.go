//go:build !linux

package login

// lowPriority runs f; only Linux knows priorities of threads.
func lowPriority(f func()) { f() }
