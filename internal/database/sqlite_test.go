package database_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/testkit"
)

func isUnavailable(err error) bool {
	_, ok := errors.AsType[*fault.Unavailable](err)
	return ok
}

func TestNamesThatAreNoFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dsn := range []string{
		"sqlite:", "sqlite: ", "sqlite::memory:", "sqlite:file::memory:?cache=shared", "sqlite:file:x.db", "sqlite://data/x.db", "sqlite:///tmp/x.db",
		"sqlite:~/x.db", "sqlite:~ann/x.db", "sqlite:x.db?mode=memory", "sqlite:x.db?_pragma=synchronous(0)", "sqlite:data/", "sqlite: x.db",
	} {
		db, err := database.Open(t.Context(), dsn)
		if err == nil {
			db.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "name a file, as sqlite:") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	if found, err := os.ReadDir("."); err != nil || len(found) > 0 {
		t.Errorf("it made %v, %v", found, err)
	}
	for _, dsn := range []string{"sqlite:x.db", "sqlite:in/side/x y.db", "sqlite:" + t.TempDir() + "/50%#.db", "sqlite:./x.db"} {
		db, err := database.Open(t.Context(), dsn)
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		if _, err := os.Stat(strings.TrimPrefix(dsn, "sqlite:")); err != nil {
			t.Error(err)
		}
		db.Close()
	}
}

// What is made is for its owner alone, whatever the umask.
func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	open(t, "sqlite:"+dir+"/app.db")
	for name, want := range map[string]os.FileMode{"": 0o700, "app.db": 0o600, "app.db-wal": 0o600, "app.db-shm": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, want %o (%v)", name, info.Mode(), want, err)
		}
	}
}

func TestAFileThatOthersCanReadIsWarnedOf(t *testing.T) {
	dsn := testkit.SQLite(t)
	file := strings.TrimPrefix(dsn, "sqlite:")
	for mode, warns := range map[os.FileMode]bool{0o600: false, 0o644: true, 0o640: true, 0o604: true} {
		open(t, dsn).Close()
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		log := &testkit.Log{}
		db, err := database.OpenWith(t.Context(), dsn, database.Options{Log: logger(log)})
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
		if got := strings.Contains(log.String(), "others on this machine can read"); got != warns {
			t.Errorf("%o: %s", mode, log)
		}
	}
	// Of what was named by mistake the rights are not talked about: whoever did what the line says might break something.
	if err := os.WriteFile(file+".txt", []byte("no database, but a text that is long enough"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{file + ".txt", filepath.Dir(file)} {
		log := &testkit.Log{}
		if db, err := database.OpenWith(t.Context(), "sqlite:"+other, database.Options{Log: logger(log)}); err == nil || log.String() != "" {
			t.Errorf("%s: %v, %v, %s", other, db, err, log)
		}
	}
}

// A program that goes on with a file that is gone, or that another has taken the place of, says so and writes nothing.
func TestAFileThatGoesAway(t *testing.T) {
	move := func(t *testing.T, from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		do, undo func(t *testing.T, file string)
	}{
		"removed": {func(t *testing.T, file string) { move(t, file, file+".x") }, func(t *testing.T, file string) { move(t, file+".x", file) }},
		"replaced": {
			func(t *testing.T, file string) {
				move(t, file, file+".x")
				if err := os.WriteFile(file, []byte("another"), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			func(t *testing.T, file string) { move(t, file+".x", file) },
		},
		"its -wal removed": {func(t *testing.T, file string) { move(t, file+"-wal", file+".x") }, func(t *testing.T, file string) { move(t, file+".x", file+"-wal") }},
		"its -shm removed": {func(t *testing.T, file string) { move(t, file+"-shm", file+".x") }, func(t *testing.T, file string) { move(t, file+".x", file+"-shm") }},
		"its folder moved": {
			func(t *testing.T, file string) { move(t, filepath.Dir(file), filepath.Dir(file)+".x") },
			func(t *testing.T, file string) { move(t, filepath.Dir(file)+".x", filepath.Dir(file)) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			dsn := "sqlite:" + filepath.Join(t.TempDir(), "data", "site.db")
			file := strings.TrimPrefix(dsn, "sqlite:")
			open(t, dsn).Close()
			log := &testkit.Log{}
			db, err := database.OpenWith(t.Context(), dsn, database.Options{Log: logger(log)})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			try := func(hash string) []error {
				_, alone := db.ExecContext(t.Context(), insert, hash+" alone")
				return []error{db.Ping(t.Context()), alone, db.InTx(t.Context(), func(ctx context.Context) error {
					_, err := db.ExecContext(ctx, insert, hash)
					return err
				})}
			}
			if err := errors.Join(try("before")...); err != nil {
				t.Fatal(err)
			}
			c.do(t, file)
			for range 2 {
				for i, err := range try("meanwhile") {
					if !isUnavailable(err) {
						t.Errorf("%d: %v", i, err)
					}
				}
			}
			if got := strings.Count(log.String(), "level=ERROR"); got != 1 {
				t.Errorf("logged %d times: %s", got, log)
			}
			c.undo(t, file)
			if err := errors.Join(try("after")...); err != nil {
				t.Errorf("put back: %v", err)
			}
			if got := rows(t, db); got != 4 {
				t.Errorf("%d rows, where 4 were acknowledged", got)
			}
		})
	}
	// In the middle of a transaction: what it committed into the file that is gone is not acknowledged.
	dsn := testkit.SQLite(t)
	db := open(t, dsn)
	ran := false
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		database.OnCommit(ctx, func() { ran = true })
		if _, err := db.ExecContext(ctx, insert, "a"); err != nil {
			return err
		}
		return os.Remove(strings.TrimPrefix(dsn, "sqlite:"))
	})
	if !isUnavailable(err) || ran {
		t.Errorf("%v, OnCommit ran %v", err, ran)
	}
}

// Nor is what a single statement wrote, that waited for its turn while the file went away.
func TestAFileThatGoesAwayUnderAStatement(t *testing.T) {
	dsn := testkit.SQLite(t)
	file := strings.TrimPrefix(dsn, "sqlite:")
	db := open(t, dsn)
	other, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() {
		_, err := db.ExecContext(context.Background(), insert, "a")
		written <- err
	}()
	for !database.Writes(db) {
		runtime.Gosched()
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if err := <-written; !isUnavailable(err) {
		t.Errorf("%v", err)
	}
}

// Another program that opens the same file and ends takes nothing away.
func TestAnotherProgramOnTheFileIsNoReplacement(t *testing.T) {
	dsn := testkit.SQLite(t)
	db := open(t, dsn)
	for range 3 {
		open(t, dsn).Close()
		if err := db.Tidy(t.Context()); err != nil {
			t.Error(err)
		}
		if err := db.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestExistingMakesNothing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "data", "site.db")
	_, err := database.OpenWith(t.Context(), "sqlite:"+file, database.Options{Existing: true})
	if err == nil || !strings.Contains(err.Error(), "there is no database at "+file) {
		t.Errorf("%v", err)
	}
	if found, _ := os.ReadDir(dir); len(found) > 0 {
		t.Errorf("it made %v", found)
	}
	open(t, "sqlite:"+file).Close()
	db, err := database.OpenWith(t.Context(), "sqlite:"+file, database.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
}
