package database

import (
	"context"
	"fmt"
	"time"
)

// All returns the rows of a query. columns returns where those of one row go.
func All[T any](ctx context.Context, db *DB, columns func(row *T) []any, query string, args ...any) (all []T, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var row T
		if err := rows.Scan(columns(&row)...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// Strings returns the one column of a query's rows, such as the ids of those that are due.
func (db *DB) Strings(ctx context.Context, query string, args ...any) ([]string, error) {
	return All(ctx, db, func(s *string) []any { return []any{s} }, query, args...)
}

// Exists reports whether a query finds a row.
func (db *DB) Exists(ctx context.Context, query string, args ...any) (exists bool, err error) {
	err = db.QueryRowContext(ctx, `SELECT EXISTS (`+query+`)`, args...).Scan(&exists)
	return exists, err
}

// Moment is the destination of a time, which tables keep as Millis. NULL is the zero time.
func Moment(t *time.Time) any { return moment{t} }

type moment struct{ t *time.Time }

// Scan is the sql.Scanner's.
func (m moment) Scan(value any) error {
	ms, ok := value.(int64)
	if !ok && value != nil {
		return fmt.Errorf("database: %T is no time", value)
	}
	*m.t = Time(ms)
	return nil
}

// OrZero returns destinations for the columns of a row that a LEFT JOIN may not find: what is NULL leaves a zero value. The
// destinations given are pointers to texts, numbers and booleans, and moments.
func OrZero(dest ...any) []any {
	for i, d := range dest {
		if _, ok := d.(moment); !ok {
			dest[i] = orZero{d}
		}
	}
	return dest
}

type orZero struct{ dest any }

// Scan is the sql.Scanner's.
func (z orZero) Scan(value any) error {
	switch d := z.dest.(type) {
	case *string:
		switch v := value.(type) {
		case string:
			*d = v
			return nil
		case []byte:
			*d = string(v)
			return nil
		case nil:
			*d = ""
			return nil
		}
	case *int64:
		if v, ok := value.(int64); ok || value == nil {
			*d = v
			return nil
		}
	case *bool: // stored as Bit
		if v, ok := value.(int64); ok || value == nil {
			*d = v == 1
			return nil
		}
	}
	return fmt.Errorf("database: %T does not fit into %T", value, z.dest)
}
