package database

import "context"

// LockMigrations keeps others from migrating.
func LockMigrations(ctx context.Context, db *DB) (unlock func() error, err error) {
	return db.lockMigrations(ctx)
}
