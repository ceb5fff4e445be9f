package database_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

func logger(log *testkit.Log) *slog.Logger { return slog.New(slog.NewTextHandler(log, nil)) }

// fill writes n rows into the table of buckets; one in two is before 1000.
func fill(t *testing.T, db *database.DB, n int, text string) {
	t.Helper()
	for from := 1; from <= n; from += 500 { // each statement has five seconds, on a busy machine, too
		if _, err := db.ExecContext(t.Context(), `
			WITH RECURSIVE numbers (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i < $2)
			INSERT INTO rate_limits (bucket, full_at) SELECT '`+text+`' || i, (i % 2) * 2000 + 1 FROM numbers`, from, min(from+499, n)); err != nil {
			t.Fatal(err)
		}
	}
}

// purge deletes what is before 1000, and returns how many bites it took.
func purge(t *testing.T, db *database.DB) (bites int) {
	t.Helper()
	for {
		n, err := db.DeleteSome(t.Context(), "rate_limits", "bucket", "full_at", "full_at < $1", 1000)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return bites
		}
		bites++
	}
}

func TestDeleteSomeTakesBites(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		fill(t, db, 1000, "b")
		if bites := purge(t, db); bites != 3 {
			t.Errorf("%d bites for 500 rows", bites)
		}
		var left int
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM rate_limits WHERE full_at > 1000`).Scan(&left); err != nil || left != 500 {
			t.Errorf("%d rows stay, %v", left, err)
		}
	})
}

// A sweep of a large table goes along the index: read from its beginning each time, through what was deleted before,
// a bite of a million rows does not end in 5 s.
func TestSweepsGoAlongTheIndex(t *testing.T) {
	db := open(t, pgtest.URL(t))
	for i := range 4 {
		fill(t, db, 5000, fmt.Sprint(i, " "))
	}
	if _, err := db.ExecContext(t.Context(), `ANALYZE rate_limits`); err != nil {
		t.Fatal(err)
	}
	scans := func() (n int64) {
		var err error
		for _, flush := range []string{`SELECT count(*) FROM (SELECT pg_stat_force_next_flush()) AS x`, `SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'rate_limits'`} {
			err = db.InTx(t.Context(), func(ctx context.Context) error { return db.QueryRowContext(ctx, flush).Scan(&n) })
		}
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := scans()
	purge(t, db)
	if after := scans(); after != before {
		t.Errorf("read from the beginning %d times", after-before)
	}
}

// What was deleted leaves no bytes in the files once they were tidied, and the -wal goes back to nothing.
func TestTidyLeavesNothingOfWhatWasDeleted(t *testing.T) {
	dsn := testkit.SQLite(t)
	file := strings.TrimPrefix(dsn, "sqlite:")
	db := open(t, dsn)
	fill(t, db, 2000, "a secret of somebody ")
	purge(t, db)
	if _, err := db.ExecContext(t.Context(), `DELETE FROM rate_limits`); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(contentOf(t, file+"-wal"), []byte("a secret of somebody")) {
		t.Error("the test is about nothing")
	}
	if err := db.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := contentOf(t, file+"-wal"); len(got) != 0 {
		t.Errorf("the -wal has %d bytes", len(got))
	}
	if bytes.Contains(contentOf(t, file), []byte("a secret of somebody")) {
		t.Error("the file still has it")
	}
}

// Somebody who reads for long is not waited for, and holds nobody up.
func TestTidyWaitsForNobody(t *testing.T) {
	dsn := testkit.SQLite(t)
	db := open(t, dsn)
	fill(t, db, 2000, "b")
	rows, err := db.QueryContext(t.Context(), `SELECT bucket FROM rate_limits`)
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	fill(t, db, 2000, "c")
	held := make(chan error, 1)
	began := time.Now()
	go func() { held <- db.Tidy(context.Background()) }()
	if err := <-held; err != nil || time.Since(began) > 4*time.Second { // 5 s is what a writer waits
		t.Errorf("after %s: %v", time.Since(began), err)
	}
	rows.Close()
	if err := db.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := contentOf(t, strings.TrimPrefix(dsn, "sqlite:")+"-wal"); len(got) != 0 {
		t.Errorf("afterwards the -wal has %d bytes", len(got))
	}
}

// After a large purge the file gives its space back.
func TestTidyShrinksTheFile(t *testing.T) {
	dsn := testkit.SQLite(t)
	db := open(t, dsn)
	for i := range 12 {
		fill(t, db, 5000, fmt.Sprint(i, strings.Repeat("x", 200), " "))
	}
	if err := db.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	size := func() int64 {
		info, err := os.Stat(strings.TrimPrefix(dsn, "sqlite:"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	for i := range 12 {
		if _, err := db.ExecContext(t.Context(), `DELETE FROM rate_limits WHERE bucket >= $1 AND bucket < $2`, fmt.Sprint(i, "x"), fmt.Sprint(i, "y")); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := size(); after > 5<<20 || before < 20<<20 {
		t.Errorf("%d bytes, %d before", after, before)
	}
}
