package database_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.com/latchkey/internal/migrate"
	"example.com/latchkey/internal/sqlitefile"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
	"example.com/latchkey/migrations"
)

func contentOf(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// A backup ends while others write without a pause, and is one moment's whole: of a pair that is written together,
// both are in it or neither.
func TestABackupOfABusyDatabase(t *testing.T) {
	db := open(t, testkit.SQLite(t))
	stop := make(chan struct{})
	var writers sync.WaitGroup
	written := make(chan struct{}, 1)
	for i := range 4 {
		writers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := db.InTx(context.Background(), func(ctx context.Context) error {
					_, err := db.ExecContext(ctx, insert, fmt.Sprint(i, n, "a"))
					_, errB := db.ExecContext(ctx, insert, fmt.Sprint(i, n, "b"))
					return errors.Join(err, errB)
				}); err != nil {
					t.Error(err)
					return
				}
				select {
				case written <- struct{}{}:
				default:
				}
			}
		})
	}
	<-written
	acknowledged := rows(t, db)
	to := filepath.Join(t.TempDir(), "backup.db")
	err := db.Backup(t.Context(), to)
	<-written // they still write
	close(stop)
	writers.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := sqlitefile.Verify(t.Context(), to); err != nil {
		t.Error(err)
	}
	found, _ := filepath.Glob(filepath.Dir(to) + "/.*")
	all, _ := filepath.Glob(filepath.Dir(to) + "/*")
	if len(found) > 0 || len(all) != 1 {
		t.Errorf("it left %v, %v", found, all)
	}
	copied := open(t, "sqlite:"+to)
	if got := rows(t, copied); got < acknowledged || got%2 != 0 {
		t.Errorf("%d rows in the backup, %d were there before it", got, acknowledged)
	}
	before := contentOf(t, to)
	if err := db.Backup(t.Context(), to); err == nil || !strings.Contains(err.Error(), "exists") || !bytes.Equal(before, contentOf(t, to)) {
		t.Errorf("over a file that is there: %v", err)
	}
	if err := db.Backup(t.Context(), filepath.Join(t.TempDir(), "nowhere", "x.db")); err == nil {
		t.Error("into a folder that is not there")
	}
}

func TestBackupsAreOfSQLite(t *testing.T) {
	dsn := pgtest.URL(t)
	if err := open(t, dsn).Backup(t.Context(), filepath.Join(t.TempDir(), "x")); !errors.Is(err, sqlitefile.ErrNotSQLite) {
		t.Error(err)
	}
	if _, err := migrate.Restore(t.Context(), dsn, "x", migrations.Files); !errors.Is(err, sqlitefile.ErrNotSQLite) {
		t.Error(err)
	}
}

// backupOf makes a database with this many rows and returns a backup of it.
func backupOf(t *testing.T, n int) string {
	t.Helper()
	db := open(t, testkit.SQLite(t))
	if err := db.InTx(t.Context(), func(ctx context.Context) error {
		for i := range n {
			if _, err := db.ExecContext(ctx, insert, fmt.Sprint(i)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "backup.db")
	if err := db.Backup(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	return to
}

// Restoring works on a database that is well, damaged or not there, and keeps the old one. That it is refused while the
// database is in use, a test of the program holds: SQLite's locks are between processes.
func TestRestoreKeepsTheOldOne(t *testing.T) {
	backup := backupOf(t, 7)
	for name, damage := range map[string]func(file string) error{
		"well":      func(string) error { return nil },
		"damaged":   func(file string) error { return os.WriteFile(file, []byte("no database"), 0o644) },
		"not there": func(file string) error { return os.RemoveAll(filepath.Dir(file)) },
	} {
		dsn := "sqlite:" + filepath.Join(t.TempDir(), "data", "site.db")
		file := strings.TrimPrefix(dsn, "sqlite:")
		db := open(t, dsn)
		if _, err := db.ExecContext(t.Context(), insert, "old"); err != nil {
			t.Fatal(err)
		}
		db.Close()
		// What a killed program leaves: not yet in the file.
		if err := errors.Join(os.WriteFile(file+"-wal", []byte("left over"), 0o600), damage(file)); err != nil {
			t.Fatal(err)
		}
		aside, err := migrate.Restore(t.Context(), dsn, backup, migrations.Files)
		if err != nil || (aside == "") != (name == "not there") {
			t.Errorf("%s: %q, %v", name, aside, err)
			continue
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
		restored := open(t, dsn)
		if got := rows(t, restored); got != 7 {
			t.Errorf("%s: %d rows", name, got)
		}
		restored.Close()
		if aside == "" {
			continue
		}
		if string(contentOf(t, aside+"-wal")) != "left over" {
			t.Errorf("%s: the -wal of the old one is lost", name)
		}
		if name == "well" {
			os.Remove(aside + "-wal")
			old := open(t, "sqlite:"+aside)
			if got := rows(t, old); got != 1 {
				t.Errorf("%s: %d rows in the old one", name, got)
			}
			old.Close()
		} else if string(contentOf(t, aside)) != "no database" {
			t.Errorf("%s: the old one is not kept", name)
		}
	}
}

func TestADamagedBackupIsRefused(t *testing.T) {
	good := backupOf(t, 3000)
	dsn := testkit.SQLite(t)
	open(t, dsn).Close()
	file := strings.TrimPrefix(dsn, "sqlite:")
	before := contentOf(t, file)
	damage := func(change func(content []byte) []byte) string {
		to := filepath.Join(t.TempDir(), "damaged.db")
		if err := os.WriteFile(to, change(bytes.Clone(contentOf(t, good))), 0o600); err != nil {
			t.Fatal(err)
		}
		return to
	}
	alien := filepath.Join(t.TempDir(), "alien.db")
	other, err := sql.Open("sqlite", "file:"+alien)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(`CREATE TABLE x (y)`); err != nil {
		t.Fatal(err)
	}
	other.Close()
	withWAL := damage(func(c []byte) []byte { return c })
	if err := os.WriteFile(withWAL+"-wal", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, backup := range map[string]string{
		"cut":           damage(func(c []byte) []byte { return c[:len(c)/2] }),
		"overwritten":   damage(func(c []byte) []byte { copy(c[len(c)/2:], bytes.Repeat([]byte{0xff}, 8192)); return c }),
		"empty":         damage(func([]byte) []byte { return nil }),
		"text":          damage(func([]byte) []byte { return []byte("no database\n") }),
		"of others":     alien,
		"not there":     filepath.Join(t.TempDir(), "none.db"),
		"a folder":      t.TempDir(),
		"with its -wal": withWAL,
	} {
		if aside, err := migrate.Restore(t.Context(), dsn, backup, migrations.Files); err == nil || aside != "" {
			t.Errorf("%s: %q %v", name, aside, err)
		}
		if !bytes.Equal(before, contentOf(t, file)) {
			t.Fatalf("%s: the database changed", name)
		}
	}
	if found, _ := filepath.Glob(file + "*"); len(found) != 1 {
		t.Errorf("it left %v", found)
	}
}
