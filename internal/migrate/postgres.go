package migrate

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/latchkey/internal/database"
)

// lockPostgres is lock. The lock is one of a table, held by a transaction, and not an advisory lock of the session: behind a pooler in transaction mode a session
// is nobody's. It goes with the transaction, however that ends.
func lockPostgres(ctx context.Context, db *database.DB) (unlock func() error, err error) {
	for range 10 {
		if err = makeTable(ctx, db); err == nil {
			break
		}
		// IF NOT EXISTS and another start that makes it at the same time end in an error for one of them.
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	if err != nil {
		return nil, err
	}
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
