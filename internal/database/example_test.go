package database_test

import (
	"context"
	"errors"
	"fmt"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/testkit"
)

// Effects of several packages are one transaction: what is called within it joins it by the context. What happens outside of
// the database waits for the commit.
func ExampleDB_InTx() {
	db, closed := testkit.Temporary()
	defer closed()
	ctx := context.Background()
	if _, err := db.ExecContext(ctx, `CREATE TABLE letters (letter TEXT NOT NULL)`); err != nil {
		panic(err)
	}
	write := func(ctx context.Context, letter string) error { // a function of another package
		return db.InTx(ctx, func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, `INSERT INTO letters (letter) VALUES ($1)`, letter)
			database.OnCommit(ctx, func() { fmt.Println(letter, "is written") })
			return err
		})
	}
	err := db.InTx(ctx, func(ctx context.Context) error { return errors.Join(write(ctx, "a"), write(ctx, "b")) })
	fmt.Println(err)
	err = db.InTx(ctx, func(ctx context.Context) error { return errors.Join(write(ctx, "c"), errors.New("a mistake")) })
	fmt.Println(err)
	letters, err := db.Strings(ctx, `SELECT letter FROM letters ORDER BY letter`)
	fmt.Println(letters, err)
	// Output:
	// a is written
	// b is written
	// <nil>
	// a mistake
	// [a b] <nil>
}
