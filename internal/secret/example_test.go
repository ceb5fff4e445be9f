package secret_test

import (
	"fmt"

	"example.com/latchkey/internal/secret"
)

// A cookie or a link carries the secret; the table that it is looked up in holds the hash alone.
func Example() {
	token := secret.New()
	fmt.Println(len(token), secret.Valid(token), secret.Valid("' OR 1=1"))
	fmt.Println(len(secret.Hash("a")), secret.Hash(token) == token)
	// Output:
	// 43 true false
	// 64 false
}
