package keptform_test

import "example.com/latchkey/internal/testkit"

const (
	ada = testkit.Ada
	ben = testkit.Ben
)
