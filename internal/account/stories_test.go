package account_test

import "example.com/latchkey/internal/testkit"

const (
	ada      = testkit.Ada
	ben      = testkit.Ben
	password = testkit.NewPassword
	wrong    = testkit.Wrong
)

// page opens a link as a person does, to where it leads.
func page(b *testkit.Browser, link string) testkit.Page { return b.Follow(b.Get(link)) }
