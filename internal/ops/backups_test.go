package ops_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/ops"
	"example.com/latchkey/internal/sqlitefile"
	"example.com/latchkey/internal/testkit"
)

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestBackupsComeInTimeAndTheOldestGo(t *testing.T) {
	k := testkit.Start(t)
	dir := filepath.Join(t.TempDir(), "backups")
	now := time.Date(2027, 3, 1, 2, 0, 0, 0, time.UTC)
	b := &ops.Backups{DB: k.App.DB, Dir: dir, Every: 24 * time.Hour, Keep: 3, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }}
	due := func(want time.Duration) {
		t.Helper()
		if got, err := b.Due(); got != want || err != nil {
			t.Errorf("due in %s (%v), want %s", got, err, want)
		}
	}
	make1 := func() {
		t.Helper()
		if err := b.Make(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	due(0)
	make1()
	due(24 * time.Hour)
	now = now.Add(20 * time.Hour)
	due(4 * time.Hour)
	now = now.Add(10 * time.Hour)
	due(-6 * time.Hour)

	// What is not ours stays, whatever it is called, and does not count.
	others := []string{"site.db", "notes.txt", "test-2020.db", "test-20200101T000000Z.db.gz", "another-20200101T000000Z.db"}
	for _, name := range others {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		make1()
		now = now.Add(24 * time.Hour)
	}
	want := append(slices.Clone(others), "test-20270303T080000Z.db", "test-20270304T080000Z.db", "test-20270305T080000Z.db")
	slices.Sort(want)
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, name := range names(t, dir) {
		if strings.HasPrefix(name, "test-2027") {
			if err := sqlitefile.Verify(t.Context(), filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
	}
	due(0)
	// A clock that was a year ahead has made one, and is put right: nobody waits a year.
	now = now.AddDate(1, 0, 0)
	make1()
	now = now.AddDate(-1, 0, 0)
	due(0)
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for start := time.Now(); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatal("never: " + what)
		}
	}
}

// A server makes the first backup at once, and after a restart waits for its time.
func TestAServerMakesBackups(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backups")
	k := testkit.Start(t, "BACKUP_DIR="+dir)
	await(t, "a backup", func() bool { return strings.Contains(k.Log.String(), "backup.made") })
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("%v", got)
	}
	k.Stop()
	again := k.Another()
	again.Browser().Get("/")
	again.Stop()
	if got := names(t, dir); len(got) != 1 || strings.Contains(again.Log.String(), "backup") {
		t.Errorf("%v, it says %s", got, again.Log)
	}
}

func TestABackupThatFailsIsLogged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	k := testkit.Start(t, "BACKUP_DIR="+file)
	await(t, "a word", func() bool { return strings.Contains(k.Log.String(), "backup.failed") })
	if !strings.Contains(k.Log.String(), "level=ERROR") {
		t.Errorf("%s", k.Log)
	}
	k.Browser().Get("/").Expect(t, 200)
}
