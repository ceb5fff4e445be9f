package app_test

import (
	"context"
	"strings"

	"example.com/latchkey/internal/database"
)

// planOnPostgres is planOf.
func planOnPostgres(ctx context.Context, db *database.DB, text string, parameters int) (lines []string, err error) {
	nulls := ""
	if parameters > 0 {
		nulls = "(" + strings.TrimSuffix(strings.Repeat("NULL,", parameters), ",") + ")"
	}
	err = db.InTx(ctx, func(ctx context.Context) error {
		lines = nil
		// An empty table is read as a whole whatever its indexes are: it is not, if there is another way.
		for _, set := range []string{"SET LOCAL enable_seqscan = off", "SET LOCAL plan_cache_mode = force_generic_plan", "PREPARE explained AS " + text} {
			if _, err := db.ExecContext(ctx, set); err != nil {
				return err
			}
		}
		rows, err := db.QueryContext(ctx, "EXPLAIN EXECUTE explained"+nulls)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return err
			}
			lines = append(lines, line)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if err := rows.Close(); err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, "DEALLOCATE explained")
		return err
	})
	return lines, err
}
