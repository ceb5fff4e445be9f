package testkit

import (
	"context"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/database"
)

// Postgres reports whether a DATABASE_URL names PostgreSQL.
func Postgres(dsn string) bool { return !strings.HasPrefix(dsn, "sqlite:") }

// Await returns as soon as this many statements wait for locks: what the test holds up has come to where it is held up. It is
// for PostgreSQL; on SQLite there is one writer, and nobody can see who waits for it.
func Await(t testing.TB, db *database.DB, statements int) {
	t.Helper()
	for start := time.Now(); time.Since(start) < 4*time.Second; time.Sleep(2 * time.Millisecond) {
		var waits bool
		if err := db.QueryRowContext(context.Background(), `
			SELECT count(*) >= $1 FROM pg_stat_activity
			 WHERE datname = current_database() AND wait_event_type = 'Lock' AND backend_type = 'client backend'`, statements).
			Scan(&waits); err != nil {
			t.Fatal(err)
		}
		if waits {
			return
		}
	}
	t.Errorf("not as many as %d statements wait", statements)
}

// Stumble makes the next statement that writes into the table fail as a serialisation failure does, once: InTx runs the
// transaction again. It is for PostgreSQL, and returns a function that reports whether it happened.
func Stumble(t testing.TB, db *database.DB, table string) (did func() bool) {
	t.Helper()
	for _, statement := range []string{
		`DROP SEQUENCE IF EXISTS stumble`,
		`CREATE SEQUENCE stumble`, // counts on though the transaction is rolled back
		`CREATE OR REPLACE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF nextval('stumble') = 1 THEN
				RAISE EXCEPTION 'stumbled' USING ERRCODE = '40001';
			END IF;
			RETURN NULL;
		END $$`,
		`DROP TRIGGER IF EXISTS stumble ON ` + table,
		`CREATE TRIGGER stumble AFTER INSERT OR UPDATE OR DELETE ON ` + table + ` FOR EACH STATEMENT EXECUTE FUNCTION stumble()`,
	} {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return func() (did bool) {
		t.Helper()
		if err := db.QueryRowContext(context.Background(), `SELECT is_called FROM stumble`).Scan(&did); err != nil {
			t.Fatal(err)
		}
		return did
	}
}
