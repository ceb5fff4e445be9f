// Package walindex tells whether anything at all was committed to a SQLite database in WAL mode since one looked last, by
// this process or by any other, without asking SQLite. It knows the first bytes of the -shm file, and no SQL.
//
// The -shm file, the WAL-index, begins with a header of 48 bytes that stands there twice (https://sqlite.org/walformat.html,
// 2.1). Every commit of every process changes it before the commit is acknowledged: a counter of transactions, the number
// of frames in the -wal, a checksum over them, two salts. SQLite decides by the same 48 bytes whether the pages that a
// connection remembers are still those of the file, so what is remembered for as long as they do not change is as exact as
// a read. A checkpoint alone does not change them, nor what the database says.
package walindex

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

const (
	headerSize = 48
	format     = 3007000 // of the header, since SQLite 3.7.0
)

// A Version stands for the whole content of the database: two that are equal are of the same content. Versions of two
// databases, or of two runs of the program, say nothing about each other.
type Version [headerSize / 8]uint64

// An Index is the WAL-index of one database, mapped into memory and only read. The nil Index knows nothing.
type Index struct {
	mu     sync.RWMutex
	mapped *[2 * len(Version{})]uint64 // both copies of the header; nil once closed
	unmap  func()
}

// Version returns the version that the database has now. It returns false where that cannot be said: there is no mapping, or
// a commit is writing the header at this moment.
func (x *Index) Version() (Version, bool) {
	if x == nil {
		return Version{}, false
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.mapped == nil {
		return Version{}, false
	}
	return read(x.mapped)
}

// Close ends the mapping. Version returns false from then on.
func (x *Index) Close() {
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.mapped != nil {
		x.mapped = nil
		x.unmap()
	}
}

// read returns the header if both copies are the same and whole. A writer writes the second copy before the first (wal.c,
// walIndexWriteHdr) and a reader reads them the other way round, so that one that is being written is found out.
func read(m *[2 * len(Version{})]uint64) (first Version, ok bool) {
	var second Version
	for i := range first {
		first[i] = atomic.LoadUint64(&m[i])
	}
	for i := range second {
		second[i] = atomic.LoadUint64(&m[len(first)+i])
	}
	return first, first == second && first.whole()
}

// whole reports whether this is a header that was written to its end.
func (v Version) whole() bool {
	var b [headerSize]byte
	for i, word := range v {
		binary.NativeEndian.PutUint64(b[8*i:], word)
	}
	at := func(i int) uint32 { return binary.NativeEndian.Uint32(b[4*i:]) }
	const initialized = 12 // the byte isInit
	if at(0) != format || b[initialized] != 1 {
		return false
	}
	var s1, s2 uint32 // the checksum of the 40 bytes before it
	for i := 0; i < 10; i += 2 {
		s1 += at(i) + s2
		s2 += at(i+1) + s1
	}
	return s1 == at(10) && s2 == at(11)
}
