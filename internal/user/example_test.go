package user_test

import (
	"context"
	"errors"
	"fmt"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/user"
)

// An address is unique by its normal form, and kept as its owner wrote it.
func ExampleNormalizeEmail() {
	for _, typed := range []string{" Ada@Example.ORG ", "<mailto:ada@example.org>", "ada@bücher.example"} {
		fmt.Println(user.CleanEmail(typed), user.NormalizeEmail(typed))
	}
	// Output:
	// Ada@Example.ORG ada@example.org
	// ada@example.org ada@example.org
	// ada@bücher.example ada@xn--bcher-kva.example
}

// What is wrong with a profile comes back by the name of the field, in words for a form.
func ExampleProfile_Problems() {
	p := user.Profile{Name: "Ada Lovelace", Timezone: "Atlantis"}
	fmt.Println(p.Problems()["timezone"])
	// Output: We know no time zone of this name. Take one from the list, or write one like Europe/Berlin.
}

// An account is found by its address, whatever the letters' case; two accounts with one address there are not.
func ExampleStore_Insert() {
	t, done := testkit.Example()
	defer done()
	ctx, users := context.Background(), testkit.Start(t).App.Users

	ada := user.User{ID: "ada", Email: "Ada@example.org"}
	fmt.Println(users.Insert(ctx, ada))
	found, err := users.ByEmail(ctx, "ADA@example.org")
	fmt.Println(found.Email, found.Verified(), err)
	fmt.Println(errors.Is(users.Insert(ctx, user.User{ID: "other", Email: "ada@EXAMPLE.org"}), user.ErrTaken))
	// Output:
	// <nil>
	// Ada@example.org false <nil>
	// true
}
