package testkit

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/migrate"
	"example.com/latchkey/internal/testkit/pgtest"
	"example.com/latchkey/migrations"
)

// Databases runs a test on SQLite. dsn is the DATABASE_URL of an empty database.
// It runs it on PostgreSQL, too, where there is one and without -short.
func Databases(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, pgtest.URL(t)) })
}

// SQLite returns the DATABASE_URL of a file of this test alone.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
}

// Another opens the database of a DATABASE_URL as another program does, until the test ends.
func Another(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	driver, source := "sqlite", "file:"+strings.TrimPrefix(dsn, "sqlite:")
	if Postgres(dsn) {
		driver, source = "pgx", dsn
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// DB returns a database of this test alone with all migrations, closed when the test ends. It is on SQLite, or at the
// dsn that [Databases] hands out.
func DB(t testing.TB, dsn ...string) *database.DB {
	t.Helper()
	if len(dsn) == 0 {
		dsn = []string{SQLite(t)}
	}
	copyMigrated(t, dsn[0])
	db, err := database.Open(t.Context(), dsn[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := migrate.Up(t.Context(), db, migrations.Files); err != nil {
		t.Fatal(err)
	}
	return db
}

// migrated is a SQLite file with all migrations. It is made once: to write it takes less than to migrate each time.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "migrated-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "test.db")
	db, err := database.Open(context.Background(), "sqlite:"+file)
	if err != nil {
		return nil, err
	}
	_, err = migrate.Up(context.Background(), db, migrations.Files)
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// copyMigrated writes a migrated file where a SQLite DATABASE_URL has none yet.
func copyMigrated(t testing.TB, dsn string) {
	t.Helper()
	file, ok := strings.CutPrefix(dsn, "sqlite:")
	if _, err := os.Stat(file); !ok || !errors.Is(err, os.ErrNotExist) {
		return
	}
	content, err := migrated()
	if err == nil {
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Temporary returns a database for an Example, which has no test that it could end with: on SQLite, with all migrations,
// until closed is called.
func Temporary() (db *database.DB, closed func()) {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	content, err := migrated()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "example.db"), content, 0o600)
	}
	if err == nil {
		db, err = database.Open(context.Background(), "sqlite:"+filepath.Join(dir, "example.db"))
	}
	if err != nil {
		panic(err)
	}
	return db, func() {
		if err := errors.Join(db.Close(), os.RemoveAll(dir)); err != nil {
			panic(err)
		}
	}
}
