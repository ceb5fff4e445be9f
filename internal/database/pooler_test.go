package database_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/migrate"
	"example.com/latchkey/internal/testkit/pgtest"
	"example.com/latchkey/migrations"
)

// Behind a pooler in transaction mode each transaction, and each statement outside of one, may run on another connection
// of the server. Three starts at once migrate through it, and nothing is prepared where it will not be found.
func TestBehindAPoolerInTransactionMode(t *testing.T) {
	for _, mode := range []string{"cache_describe", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			dsn := pgtest.PgBouncer(t, pgtest.URL(t)) + "&default_query_exec_mode=" + mode
			var starts, work sync.WaitGroup
			dbs := make([]*database.DB, 3)
			for i := range dbs {
				starts.Go(func() {
					db, err := database.Open(t.Context(), dsn)
					if err != nil {
						t.Error(err)
						return
					}
					t.Cleanup(func() { db.Close() })
					if _, err := migrate.Up(t.Context(), db, migrations.Files); err != nil {
						t.Error(err)
					}
					dbs[i] = db
				})
			}
			starts.Wait()
			if t.Failed() {
				return
			}
			for i, db := range dbs {
				for j := range 4 {
					work.Go(func() {
						for n := range 25 {
							name := strings.Repeat("x", 1+i*1000+j*100+n)
							err := db.InTx(context.Background(), func(ctx context.Context) error {
								_, err := db.ExecContext(ctx, insert, name)
								return err
							})
							var found int64
							if err == nil {
								err = db.QueryRowContext(t.Context(), `SELECT expires_at FROM revoked_tokens WHERE token_hash = $1`, name).Scan(&found)
							}
							if err != nil || found != 1 {
								t.Errorf("%d, %v", found, err)
								return
							}
						}
					})
				}
			}
			work.Wait()
			if got := rows(t, dbs[0]); got != 300 {
				t.Errorf("%d rows of 300", got)
			}
		})
	}
}
