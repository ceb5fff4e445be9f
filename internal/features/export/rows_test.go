package export_test

import (
	"context"
	"fmt"
	"testing"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/features/export"
	"example.com/latchkey/internal/testkit"
)

// buckets stands for a table of a user: the owner is a number, as a text.
var buckets = database.Export{Table: "rate_limits", Columns: "bucket", Owner: "CAST(full_at AS TEXT)", Key: "bucket"}

func TestAnExportYieldsEachRowOnce(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db := testkit.DB(t, dsn)
		ctx := t.Context()
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
			for row, err := range export.Rows(ctx, db, buckets, "1") {
				if err != nil {
					t.Fatal(err)
				}
				bucket := row.(map[string]any)["bucket"]
				if seen[bucket] {
					t.Fatalf("%v is there twice", bucket)
				}
				seen[bucket] = true
				// Nothing is held meanwhile: a write, on SQLite by the only connection that can, gets through.
				if len(seen)%100 == 1 {
					if _, err := db.ExecContext(ctx, `INSERT INTO revoked_tokens (token_hash, expires_at, session_id) VALUES ($1, 1, '')`, fmt.Sprint(want, len(seen))); err != nil {
						t.Fatal(err)
					}
				}
			}
			counted, err := db.ExportCount(ctx, buckets, "1")
			if err != nil || len(seen) != want || counted != want {
				t.Errorf("%d rows yielded and %d counted of %d, %v", len(seen), counted, want, err)
			}
		}
		n := 0
		for range export.Rows(ctx, db, buckets, "1") { // whoever has enough may stop
			if n++; n == 3 {
				break
			}
		}
		broken := buckets
		broken.Columns = "no_such_column"
		var got []error
		for _, err := range export.Rows(ctx, db, broken, "1") {
			got = append(got, err)
		}
		if len(got) != 1 || got[0] == nil {
			t.Errorf("an error ends the sequence: %v", got)
		}
	})
}
