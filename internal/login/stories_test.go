package login_test

import "example.com/latchkey/internal/testkit"

const (
	ada      = testkit.Ada
	ben      = testkit.Ben
	password = testkit.NewPassword
	wrong    = testkit.Wrong

	knownCookie = "latchkey_known"
)
