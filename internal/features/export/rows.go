package export

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"example.com/latchkey/internal/database"
)

// perQuery is how many rows are read at once.
const perQuery = 200

// Rows yields everything that the table holds about one user, as JSON objects, in short queries of at most 200 rows.
// Between queries nothing is locked, however slowly the rows are consumed. The rows are therefore no snapshot: a row that is
// added meanwhile may be missing; every other row appears exactly once. An error ends the sequence.
func Rows(ctx context.Context, db *database.DB, e database.Export, userID string) iter.Seq2[any, error] {
	key := cmp.Or(e.Key, "id")
	query := fmt.Sprintf(`SELECT %s, %s FROM %s WHERE %s = $1 AND %[2]s > $2 ORDER BY %[2]s LIMIT $3`,
		e.Columns, key, cmp.Or(e.From, e.Table), cmp.Or(e.Owner, "user_id"))
	return func(yield func(any, error) bool) {
		for after, more := "", true; more; {
			page, last, err := readPage(ctx, db, query, userID, after)
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

func readPage(ctx context.Context, db *database.DB, query, userID, after string) (page []any, last string, err error) {
	rows, err := db.QueryContext(ctx, query, userID, after, perQuery)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for rows.Next() {
		row, key, err := scanObject(rows)
		if err != nil {
			return nil, "", err
		}
		page, last = append(page, row), key
	}
	return page, last, rows.Err()
}

// scanObject reads a row as a JSON object with a member for each column but the last, which is the key.
func scanObject(rows *database.Rows) (object map[string]any, key string, err error) {
	names, err := rows.Columns()
	if err != nil {
		return nil, "", err
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, "", err
	}
	object = map[string]any{}
	for i, name := range names[:len(names)-1] {
		n, isNumber := values[i].(int64)
		switch {
		case name == "at" || strings.HasSuffix(name, "_at"):
			object[name] = nil
			if isNumber && n != 0 {
				object[name] = database.Time(n)
			}
		case strings.HasSuffix(name, "?"):
			object[strings.TrimSuffix(name, "?")] = n == 1
		case strings.HasSuffix(name, "{}"):
			name, object[strings.TrimSuffix(name, "{}")] = strings.TrimSuffix(name, "{}"), nil
			if text := []byte(fmt.Sprint(values[i])); json.Valid(text) {
				object[name] = json.RawMessage(text)
			}
		default:
			object[name] = values[i]
		}
	}
	return object, fmt.Sprint(values[len(values)-1]), nil
}
