package database

import (
	"context"
	"time"

	"example.com/latchkey/internal/sqlitefile"
)

// DeleteSome deletes at most 200 rows of the table, those that the condition is true of, and returns how many: what
// sweeps delete, a bite at a time. key is the primary key's columns; order is those of the index that finds the rows.
// Without an order, PostgreSQL reads the table from its beginning each time, through everything that was deleted before.
// The condition is asked twice: only the outer one is asked again of a row that somebody has just changed on PostgreSQL.
// What was renewed meanwhile stays. table, key, order and condition are constants of the program.
func (db *DB) DeleteSome(ctx context.Context, table, key, order, condition string, args ...any) (int64, error) {
	res, err := db.ExecContext(Apart(ctx), "DELETE FROM "+table+" WHERE ("+key+") IN (SELECT "+key+" FROM "+table+
		" WHERE "+condition+" ORDER BY "+order+" LIMIT 200) AND "+condition, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Pause is sqlitefile.Pause, for those who sweep.
func Pause(ctx context.Context, took time.Duration) { sqlitefile.Pause(ctx, took) }
