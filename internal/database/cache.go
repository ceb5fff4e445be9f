package database

import (
	"context"
	"sync"

	"example.com/latchkey/internal/walindex"
)

// openIndex maps the WAL-index, by which Cache tells whether what it holds is still so. One connection stays open with it:
// while there is one, nobody removes the file that is mapped. Where it cannot be mapped, everything is read each time.
func (db *DB) openIndex(ctx context.Context) error {
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return err
	}
	db.pinned = conn
	if db.index, err = walindex.Map(db.file.Path); err != nil {
		db.log.Debug("the WAL-index is not mapped: every request reads the database", "err", err)
	}
	return nil
}

// closeIndex undoes openIndex.
func (db *DB) closeIndex() error {
	db.index.Close()
	if db.pinned == nil {
		return nil
	}
	return db.pinned.Close()
}

// version stands for everything that is committed now. It returns false wherever that cannot be told: in a transaction, whose own
// changes are not committed yet, and of a file that was removed or replaced.
// On PostgreSQL it always returns false.
func (db *DB) version(ctx context.Context) (walindex.Version, bool) {
	if db.index == nil || db.file.Gone() || txOf(ctx) != nil {
		return walindex.Version{}, false
	}
	return db.index.Version()
}

// A Cache holds what was read, for as long as nothing at all is committed to the database: by this process or by any other.
// It is as exact as a read.
// On PostgreSQL it holds nothing.
// The zero value is not ready; use NewCache.
type Cache[V any] struct {
	db         *DB
	size       func(V) int
	most, left int // bytes
	mu         sync.RWMutex
	at         walindex.Version // of all rows
	rows       map[string]V
}

// NewCache returns an empty cache that holds values of at most this many bytes in all, by what size says of each.
func NewCache[V any](db *DB, most int, size func(V) int) *Cache[V] {
	return &Cache[V]{db: db, size: size, most: most, left: most, rows: map[string]V{}}
}

// Get returns what read returned for this key, if nothing has been committed since, else what it returns now. What read
// fails with, it returns and does not hold. The value is shared, and must not be changed.
func (c *Cache[V]) Get(ctx context.Context, key string, read func(ctx context.Context) (V, error)) (V, error) {
	// Asked before the read: what is read is of this version, or of a later one, under which it is never looked for.
	at, known := c.db.version(ctx)
	if known {
		if value, held := c.held(at, key); held {
			return value, nil
		}
	}
	value, err := read(ctx)
	if known && err == nil {
		c.hold(at, key, value)
	}
	return value, err
}

func (c *Cache[V]) held(at walindex.Version, key string) (value V, held bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.at != at {
		return value, false
	}
	value, held = c.rows[key]
	return value, held
}

func (c *Cache[V]) hold(at walindex.Version, key string, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at != at {
		c.at, c.left = at, c.most
		clear(c.rows)
	}
	if _, held := c.rows[key]; held {
		return
	}
	if size := c.size(value); size <= c.left { // else it is read each time, until the next commit
		c.left -= size
		c.rows[key] = value
	}
}
