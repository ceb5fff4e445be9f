package database

// Writes reports whether a statement has got the connection that writes.
func Writes(db *DB) bool { return db.write.Stats().InUse > 0 }
