package testkit_test

import (
	"fmt"
	"time"

	"example.com/latchkey/internal/testkit"
)

// A test starts the program, and opens it with browsers. Here Example stands in for the test.
func ExampleStart() {
	t, done := testkit.Example()
	defer done()
	k := testkit.Start(t, "LOGIN_IDLE=20m") // settings, as the environment has them

	ada := k.Browser().Register("ada@example.org")
	fmt.Println(ada.Get("/account").Status)
	fmt.Println(k.Mail("ada@example.org").Subject)

	k.Clock.Advance(21 * time.Minute)
	fmt.Println(ada.Get("/account").To)

	fmt.Println(k.Count(`SELECT count(*) FROM users`), "user")
	// Output:
	// 200
	// Verify your e-mail address
	// /login?next=%2Faccount
	// 1 user
}
