package testkit_test

import (
	"testing"

	"example.com/latchkey/internal/testkit"
)

func TestDatabasesAreMigratedAndSeparate(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		one, other := testkit.DB(t, dsn), testkit.DB(t)
		if _, err := one.ExecContext(t.Context(), `INSERT INTO rate_limits (bucket, full_at) VALUES ('a', 1)`); err != nil {
			t.Fatal(err)
		}
		n := 0
		if err := other.QueryRowContext(t.Context(), `SELECT count(*) FROM rate_limits`).Scan(&n); err != nil || n != 0 {
			t.Errorf("another database has %d rows, %v", n, err)
		}
	})
}
