package migrate

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/sqlitefile"
)

// Restore is sqlitefile.Restore of a backup on which a program with these migrations would start.
func Restore(ctx context.Context, dsn, backup string, files fs.FS) (aside string, err error) {
	path, err := sqlitefile.Path(dsn)
	if err != nil {
		return "", err
	}
	return sqlitefile.Restore(ctx, path, backup, func(conn *sql.DB) error {
		db := database.OfBackup(conn, backup)
		_, err := Pending(ctx, db, files)
		return errors.Join(err, db.Close())
	})
}
