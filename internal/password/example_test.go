package password_test

import (
	"context"
	"fmt"

	"example.com/latchkey/internal/password"
)

// A policy says what is wrong with a password in a sentence for whoever chose it. There are no rules of composition.
func ExamplePolicy_Check() {
	policy := password.Policy{MinLength: 15, Site: "Example"}
	ada := password.Personal{Email: "ada.lovelace@example.org", Name: "Ada Lovelace"}
	for _, chosen := range []string{"Tr0ub4dor&3", "adalovelaceadalovelace", "quiet otter paints seven lamps"} {
		_, problem := policy.Check(context.Background(), chosen, ada)
		fmt.Printf("%q\n", problem)
	}
	// Output:
	// "This has 11 characters. Use at least 15: a few ordinary words make a good password."
	// "This password is little more than your name, your address or the name of this site."
	// ""
}

// Only a password that has passed the policy can be hashed.
func ExampleHasher() {
	ctx := context.Background()
	hasher, policy := password.NewHasher(4), password.Policy{MinLength: 15} // 4 is for tests alone
	chosen, problem := policy.Check(ctx, "quiet otter paints seven lamps", password.Personal{})
	if problem != "" {
		panic(problem)
	}
	ada := password.Caller{Network: "203.0.113.7", Account: "ada"}
	stored, err := hasher.Hash(ctx, ada, chosen)
	if err != nil {
		panic(err)
	}
	for _, typed := range []string{"quiet otter paints seven lamps", "quiet otter paints eight lamps"} {
		fmt.Println(hasher.Matches(ctx, ada, stored, typed))
	}
	// Output:
	// true <nil>
	// false <nil>
}
