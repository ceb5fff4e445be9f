package database_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"testing"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

// A counted cache counts how often it reads.
type counted struct {
	*database.Cache[int]
	t     *testing.T
	db    *database.DB
	reads int
}

func newCounted(t *testing.T, db *database.DB) *counted {
	t.Helper()
	c := &counted{t: t, db: db, Cache: database.NewCache(db, 100, func(int) int { return 10 })}
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE cached (n BIGINT)`); err != nil {
		t.Fatal(err)
	}
	add(t, db)
	return c
}

func add(t *testing.T, db *database.DB) {
	t.Helper()
	addIn(t.Context(), t, db)
}

func addIn(ctx context.Context, t *testing.T, db *database.DB) {
	t.Helper()
	if _, err := db.ExecContext(ctx, `INSERT INTO cached VALUES (1)`); err != nil {
		t.Fatal(err)
	}
}

func (c *counted) get(ctx context.Context, key string) int {
	c.t.Helper()
	n, err := c.Get(ctx, key, func(ctx context.Context) (n int, err error) {
		c.reads++
		err = c.db.QueryRowContext(ctx, `SELECT count(*) FROM cached`).Scan(&n)
		return n, err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

func (c *counted) wants(ctx context.Context, key string, n, reads int) {
	c.t.Helper()
	c.reads = 0
	if got := c.get(ctx, key); got != n || c.reads != reads {
		c.t.Errorf("got %d after %d reads, want %d after %d", got, c.reads, n, reads)
	}
}

func onLinux(t *testing.T) *database.DB {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the WAL-index is mapped on Linux alone")
	}
	return open(t, testkit.SQLite(t))
}

func TestCacheHoldsUntilSomebodyCommits(t *testing.T) {
	db := onLinux(t)
	c, ctx := newCounted(t, db), t.Context()
	c.wants(ctx, "a", 1, 1)
	c.wants(ctx, "a", 1, 0)
	c.wants(ctx, "b", 1, 1)
	add(t, db)
	c.wants(ctx, "a", 2, 1)
	c.wants(ctx, "a", 2, 0)

	other, err := database.Open(ctx, "sqlite:"+db.File())
	if err != nil {
		t.Fatal(err)
	}
	add(t, other)
	c.wants(ctx, "a", 3, 1)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	c.wants(ctx, "a", 3, 0)
	add(t, db)
	c.wants(ctx, "a", 4, 1)
}

func TestCacheIsNotAskedInATransaction(t *testing.T) {
	db := onLinux(t)
	c, ctx := newCounted(t, db), t.Context()
	c.wants(ctx, "a", 1, 1)
	undo := errors.New("undo")
	err := db.InTx(ctx, func(ctx context.Context) error {
		addIn(ctx, t, db)
		c.wants(ctx, "a", 2, 1)
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	c.wants(ctx, "a", 1, 0)
}

// What was read while somebody committed may be from before, and is not held.
func TestCacheHoldsNothingThatWasOvertaken(t *testing.T) {
	db := onLinux(t)
	c, ctx := newCounted(t, db), t.Context()
	n, err := c.Get(ctx, "a", func(ctx context.Context) (n int, err error) {
		err = db.QueryRowContext(ctx, `SELECT count(*) FROM cached`).Scan(&n)
		add(t, db)
		return n, err
	})
	if n != 1 || err != nil {
		t.Fatal(n, err)
	}
	c.wants(ctx, "a", 2, 1)
}

func TestCacheHoldsNoErrorAndIsBounded(t *testing.T) {
	db := onLinux(t)
	c, ctx := newCounted(t, db), t.Context()
	broken := errors.New("broken")
	if _, err := c.Get(ctx, "a", func(context.Context) (int, error) { return 7, broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	c.wants(ctx, "a", 1, 1)
	for _, key := range []string{"b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		c.wants(ctx, key, 1, 1)
		c.wants(ctx, key, 1, 0)
	}
	c.wants(ctx, "one too many", 1, 1)
	c.wants(ctx, "one too many", 1, 1)
	c.wants(ctx, "j", 1, 0)
	add(t, db)
	c.wants(ctx, "one too many", 2, 1)
	c.wants(ctx, "one too many", 2, 0)
}

// A file that was replaced is found out by the next write. From then on everything is read.
func TestCacheHoldsNothingOfAFileThatIsGone(t *testing.T) {
	db := onLinux(t)
	c, ctx := newCounted(t, db), t.Context()
	c.wants(ctx, "a", 1, 1)
	if err := os.Rename(db.File(), db.File()+".aside"); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(ctx); err == nil {
		t.Fatal("the file is gone and nobody noticed")
	}
	c.wants(ctx, "a", 1, 1)
	c.wants(ctx, "a", 1, 1)
	if err := os.Rename(db.File()+".aside", db.File()); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	c.wants(ctx, "a", 1, 0)
}

func TestCacheReadsEachTimeOnPostgres(t *testing.T) {
	c := newCounted(t, open(t, pgtest.URL(t)))
	c.wants(t.Context(), "a", 1, 1)
	c.wants(t.Context(), "a", 1, 1)
}
