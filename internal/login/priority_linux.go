package login

import (
	"runtime"
	"syscall"
)

// niceness is how much a hash gives way: enough that pages stay quick under a flood of tries, and little enough that
// log in still works on a machine that is busy with something else.
const niceness = 5

// lowPriority runs f on a thread of its own that yields to every other: a page is never late because somebody hashes.
// The thread ends with f, so that its priority is nobody else's.
func lowPriority(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		// On Linux the priority is the thread's. Without it hashing only competes more.
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), niceness)
		f()
	}()
	<-done
}
