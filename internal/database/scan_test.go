package database_test

import (
	"testing"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/testkit"
)

func TestOrZero(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		text, number := "before", int64(7)
		scan := func(query string) error {
			return db.QueryRowContext(t.Context(), query).Scan(database.OrZero(&text, &number)...)
		}
		if err := scan(`SELECT CAST('words' AS TEXT), CAST(12 AS BIGINT)`); err != nil || text != "words" || number != 12 {
			t.Error(text, number, err)
		}
		if err := scan(`SELECT CAST(NULL AS TEXT), CAST(NULL AS BIGINT)`); err != nil || text != "" || number != 0 {
			t.Error(text, number, err)
		}
		if err := scan(`SELECT CAST(1 AS BIGINT), CAST(1 AS BIGINT)`); err == nil {
			t.Error("a number became a text")
		}
	})
}
