package testkit_test

import (
	"testing"

	"example.com/latchkey/internal/testkit"
)

func TestDatabasesAreMigratedAndSeparate(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		one, other := testkit.DB(t, dsn), testkit.DB(t)
		if ann, ben := testkit.User(t, one), testkit.User(t, one); ann == ben {
			t.Errorf("two users have the id %s", ann)
		}
		n := 0
		if err := other.QueryRowContext(t.Context(), `SELECT count(*) FROM users`).Scan(&n); err != nil || n != 0 {
			t.Errorf("another database has %d users, %v", n, err)
		}
	})
}
