package migrate_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/migrate"
	"example.com/latchkey/internal/testkit"
)

// files are migrations: by name, the table that each makes.
func files(tables ...string) fstest.MapFS {
	list := fstest.MapFS{}
	for _, t := range tables {
		name, table, _ := strings.Cut(t, "=")
		list[name] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE " + table + " (id TEXT);\n\n-- +goose Down\nDROP TABLE " + table + ";\n")}
	}
	return list
}

// A program that does not know what the database has, or knows it otherwise, changes nothing.
func TestADatabaseOfAnotherProgramIsRefused(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db, err := database.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		newer := files("00001_one.sql=one", "00002_two.sql=two", "10001_mine.sql=mine")
		if n, err := migrate.Up(t.Context(), db, newer); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		windows := files("00001_one.sql=one", "00002_two.sql=two", "10001_mine.sql=mine")
		for _, f := range windows {
			f.Data = []byte(strings.ReplaceAll(string(f.Data), "\n", "\r\n"))
		}
		for name, c := range map[string]struct {
			files fstest.MapFS
			says  []string // nil: it fits
		}{
			"the same":                      {newer, nil},
			"other line ends":               {windows, nil},
			"an older one":                  {files("00001_one.sql=one", "00002_two.sql=two"), []string{"10001_mine.sql", "00002_two.sql", "restore"}},
			"one in the middle":             {files("00001_one.sql=one", "10001_mine.sql=mine"), []string{"00002_two.sql", "lacks"}},
			"another content":               {files("00001_one.sql=one", "00002_other.sql=other", "10001_mine.sql=mine"), []string{"00002_two.sql", "00002_other.sql", "new number"}},
			"nothing at all":                {files(), []string{"00001_one.sql", "lacks"}},
			"older, and with something new": {files("00001_one.sql=one", "00002_two.sql=two", "10002_new.sql=new"), []string{"10001_mine.sql"}},
		} {
			n, err := migrate.Up(t.Context(), db, c.files)
			pending, errPending := migrate.Pending(t.Context(), db, c.files)
			if n != 0 || pending || (err != nil) != (c.says != nil) || (errPending != nil) != (c.says != nil) {
				t.Errorf("%s: %d applied, %v; pending %v, %v", name, n, err, pending, errPending)
			}
			for _, want := range c.says {
				if err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n")) {
					t.Errorf("%s: it does not name %s: %v", name, want, err)
				}
			}
			if _, foreign := errors.AsType[*migrate.ForeignError](err); foreign != (c.says != nil) {
				t.Errorf("%s: %T", name, err)
			}
		}
	})
}

// The starter's migrations are below 10000, those of whoever builds on it above: each may get more.
func TestMigrationsOutOfOrder(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db, err := database.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if n, err := migrate.Up(t.Context(), db, files("00001_one.sql=one", "10001_mine.sql=mine")); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		all := files("00001_one.sql=one", "00002_two.sql=two", "10001_mine.sql=mine", "10002_more.sql=more")
		if pending, err := migrate.Pending(t.Context(), db, all); !pending || err != nil {
			t.Error(pending, err)
		}
		if n, err := migrate.Up(t.Context(), db, all); n != 2 || err != nil {
			t.Error(n, err)
		}
	})
}

// A database that was migrated before there was the list of contents gets one at the next start.
func TestOlderDatabasesAreNoted(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db, err := database.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := migrate.Up(t.Context(), db, files("00001_one.sql=one")); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), `DROP TABLE migrations`); err != nil {
			t.Fatal(err)
		}
		if n, err := migrate.Up(t.Context(), db, files("00001_one.sql=one")); n != 0 || err != nil {
			t.Fatal(n, err)
		}
		if _, err := migrate.Up(t.Context(), db, files("00001_other.sql=other")); err == nil {
			t.Error("another content goes unnoticed")
		}
		if at, err := migrate.Last(t.Context(), db); err != nil || time.Since(at) > time.Hour {
			t.Error(at, err)
		}
	})
}

// A migration that fails leaves nothing of itself, neither in the schema nor in the lists; those before it stay.
func TestAMigrationThatFailsLeavesNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db, err := database.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		broken := files("00001_one.sql=one", "00002_two.sql=two")
		broken["00002_two.sql"].Data = []byte("-- +goose Up\nCREATE TABLE two (id TEXT);\nINSERT INTO nowhere VALUES (1);\n")
		if n, err := migrate.Up(t.Context(), db, broken); n != 1 || err == nil || !strings.Contains(err.Error(), "00002_two.sql") {
			t.Errorf("%d, %v", n, err)
		}
		if n, err := migrate.Up(t.Context(), db, files("00001_one.sql=one", "00002_two.sql=two")); n != 1 || err != nil {
			t.Errorf("mended: %d, %v", n, err)
		}
	})
}

// Nobody waits for a lock, or needs the right to take one, where there is nothing to apply.
func TestNothingPendingTakesNoLock(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db := testkit.DB(t, dsn)
		newer := files("00001_one.sql=one")
		other, err := database.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		unlock, err := migrate.Lock(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		testkit.DB(t, dsn) // migrates: nothing
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := migrate.Up(ctx, db, newer); err == nil {
			t.Error("a database of another program is migrated")
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
	})
}

// Starts at the same time, of a database that is there and lacks something, apply it once and wait for nobody long.
func TestConcurrentStartsApplyWhatIsNewOnce(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		var wg sync.WaitGroup
		applied := make(chan int, 12)
		for range cap(applied) {
			wg.Go(func() {
				db, err := database.Open(t.Context(), dsn)
				if err != nil {
					t.Error(err)
					return
				}
				defer db.Close()
				n, err := migrate.Up(t.Context(), db, files("00001_one.sql=one", "00002_two.sql=two"))
				if err != nil {
					t.Error(err)
				}
				applied <- n
			})
		}
		wg.Wait()
		close(applied)
		sum := 0
		for n := range applied {
			sum += n
		}
		if sum != 2 {
			t.Errorf("%d applied", sum)
		}
	})
}

// The lock leaves no file that would belong to whoever was first.
func TestTheLockLeavesNoFile(t *testing.T) {
	dsn := testkit.SQLite(t)
	testkit.DB(t, dsn)
	found, err := filepath.Glob(filepath.Join(filepath.Dir(strings.TrimPrefix(dsn, "sqlite:")), "*"))
	if err != nil || len(found) != 3 {
		t.Errorf("%v %v", found, err)
	}
	for _, f := range found {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f, info.Mode(), err)
		}
	}
}
