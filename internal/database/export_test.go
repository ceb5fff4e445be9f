package database

import "context"

// LockMigrations keeps others from migrating.
func LockMigrations(ctx context.Context, db *DB) (unlock func() error, err error) {
	return db.lockMigrations(ctx)
}

// Writes reports whether a statement has got the connection that writes.
func Writes(db *DB) bool { return db.write.Stats().InUse > 0 }
