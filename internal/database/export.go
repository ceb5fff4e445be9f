package database

import (
	"cmp"
	"context"
	"fmt"
)

// An Export is one table that holds something of a user: what is theirs to see, and is erased with the account.
// Its fields are constants of the program.
type Export struct {
	Table string // the table's name
	About string // what the table holds, as its owner would say it: "Your notes"
	// Columns are what its user may see, without secrets. Columns named "at" or "…_at" become times (RFC 3339, UTC; null
	// for 0). An alias says what else a column is: `x AS "x?"` a bool, `x AS "x{}"` JSON (null if it cannot be read).
	Columns string
	From    string // a join, where the table alone does not name its user; default Table
	Owner   string // the column that names the user; default "user_id"
	Key     string // the column that rows are ordered by, which is unique; default "id"
}

// ExportCount returns how many rows the table holds of one user.
func (db *DB) ExportCount(ctx context.Context, e Export, userID string) (n int, err error) {
	err = db.QueryRowContext(ctx, fmt.Sprintf(`SELECT count(*) FROM %s WHERE %s = $1`,
		cmp.Or(e.From, e.Table), cmp.Or(e.Owner, "user_id")), userID).Scan(&n)
	return n, err
}
