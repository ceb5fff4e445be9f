package database

import (
	"context"
	"iter"
)

// perQuery is how many rows ByKey reads at once.
const perQuery = 200

// ByKey yields everything that a query finds of one owner, in short queries of at most 200 rows each. Between them
// nothing is held, no connection and no lock, however slowly the rows are taken; so they are no snapshot either: a row
// that appears meanwhile may be among them or not, one that stays is there once.
//
// The query takes the owner as $1, goes on after the key $2 ("" is before every key), is ordered by the key, and takes
// its limit as $3. scan reads one row and says what its key is. An error ends the sequence.
func (db *DB) ByKey(ctx context.Context, query, ownerID string, scan func(*Rows) (row any, key string, err error)) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for after, more := "", true; more; {
			page, last, err := db.page(ctx, query, ownerID, after, scan)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, row := range page {
				if !yield(row, nil) {
					return
				}
			}
			after, more = last, len(page) == perQuery
		}
	}
}

func (db *DB) page(ctx context.Context, query, ownerID, after string, scan func(*Rows) (any, string, error)) (page []any, last string, err error) {
	rows, err := db.QueryContext(ctx, query, ownerID, after, perQuery)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for rows.Next() {
		row, key, err := scan(rows)
		if err != nil {
			return nil, "", err
		}
		page, last = append(page, row), key
	}
	return page, last, wrapUnavailable(rows.Err())
}
