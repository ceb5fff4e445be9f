package database_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/testkit"
)

// byKey reads the buckets whose full_at is "owner", as a text.
const byKey = `
	SELECT bucket FROM rate_limits
	 WHERE CAST(full_at AS TEXT) = $1 AND bucket > $2
	 ORDER BY bucket
	 LIMIT $3`

func TestByKeyYieldsEachRowOnce(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		ctx := t.Context()
		key := func(rows *database.Rows) (any, string, error) {
			var bucket string
			err := rows.Scan(&bucket)
			return bucket, bucket, err
		}
		have := 0
		for _, want := range []int{0, 1, 200, 201, 401} {
			err := db.InTx(ctx, func(ctx context.Context) error {
				for ; have < want; have++ {
					for owner := range 2 {
						if _, err := db.ExecContext(ctx, `INSERT INTO rate_limits (bucket, full_at) VALUES ($1, $2)`, fmt.Sprintf("%d of %d", have, owner), owner); err != nil {
							return err
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			seen := map[any]bool{}
			for row, err := range db.ByKey(ctx, byKey, "1", key) {
				if err != nil || seen[row] {
					t.Fatalf("%v is there twice, or %v", row, err)
				}
				seen[row] = true
				// Nothing is held meanwhile: a write, on SQLite by the only connection that can, gets through.
				if len(seen)%100 == 1 {
					if _, err := db.ExecContext(ctx, `INSERT INTO revoked_tokens (token_hash, expires_at, session_id) VALUES ($1, 1, '')`, fmt.Sprint(want, len(seen))); err != nil {
						t.Fatal(err)
					}
				}
			}
			if len(seen) != want {
				t.Errorf("%d rows of %d", len(seen), want)
			}
		}
		n := 0
		for range db.ByKey(ctx, byKey, "1", key) { // whoever has enough may stop
			if n++; n == 3 {
				break
			}
		}
		broken := errors.New("broken")
		var got []error
		for _, err := range db.ByKey(ctx, byKey, "1", func(*database.Rows) (any, string, error) { return nil, "", broken }) {
			got = append(got, err)
		}
		if len(got) != 1 || !errors.Is(got[0], broken) {
			t.Errorf("an error ends the sequence: %v", got)
		}
	})
}
