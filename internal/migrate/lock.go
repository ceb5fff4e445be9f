package migrate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"example.com/latchkey/internal/database"
)

// lock waits until no other program migrates this database, makes the table of applied migrations, and returns what lets the
// next one migrate. The lock is the folder's: it leaves no file that would belong to whoever was first.
func lock(ctx context.Context, db *database.DB) (unlock func() error, err error) {
	if db.Postgres() {
		return lockPostgres(ctx, db)
	}
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	l := flock.New(filepath.Dir(db.File()), flock.SetFlag(os.O_RDONLY))
	if _, err := l.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		return nil, err
	}
	if err := makeTable(ctx, db); err != nil {
		return nil, errors.Join(err, l.Unlock())
	}
	return l.Unlock, nil
}
