package migrate

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"example.com/latchkey/internal/database"
)

// lockSQLite waits until no other program migrates, and returns what lets the next one do so. The lock is the folder's:
// it leaves no file that would belong to whoever was first.
func lockSQLite(ctx context.Context, db *database.DB) (unlock func() error, err error) {
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	l := flock.New(filepath.Dir(db.File()), flock.SetFlag(os.O_RDONLY))
	if _, err := l.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		return nil, err
	}
	return l.Unlock, nil
}

// lockPostgres waits until no other program migrates, and returns what lets the next one do so. The lock is one of a
// table, held by a transaction, and not an advisory lock of the session: behind a pooler in transaction mode a session
// is nobody's. It goes with the transaction, however that ends.
func lockPostgres(ctx context.Context, db *database.DB) (unlock func() error, err error) {
	tx, err := db.Writer().BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	for _, statement := range []string{
		`SET LOCAL lock_timeout = 0`, `SET LOCAL statement_timeout = 0`, `SET LOCAL idle_in_transaction_session_timeout = 0`,
		// The weakest lock that excludes itself: rows are written into the table meanwhile, on another connection.
		`LOCK TABLE migrations IN SHARE UPDATE EXCLUSIVE MODE`,
	} {
		if _, err := tx.ExecContext(limited, statement); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
	}
	return tx.Rollback, nil // it has changed nothing
}
