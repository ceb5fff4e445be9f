package database

import "fmt"

// OrZero returns destinations for the columns of a row that a LEFT JOIN may not find: what is NULL leaves a zero value. The
// destinations given are pointers to texts and numbers.
func OrZero(dest ...any) []any {
	for i, d := range dest {
		dest[i] = orZero{d}
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
		switch v := value.(type) {
		case int64:
			*d = v
			return nil
		case nil:
			*d = 0
			return nil
		}
	}
	return fmt.Errorf("database: %T does not fit into %T", value, z.dest)
}
