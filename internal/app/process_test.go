package app_test

import (
	"os/exec"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// begin starts the program in the folder, "" for an empty one. It is killed at the end of the test.
func begin(t *testing.T, dir string, env ...string) *testkit.Process {
	t.Helper()
	return testkit.Begin(t, exec.Command(build(t)), dir, env...)
}

// launch starts the program in an empty folder, and returns its address once it has printed it.
func launch(t *testing.T, program string, env ...string) (*exec.Cmd, string) {
	t.Helper()
	p := testkit.Begin(t, exec.Command(program), "", env...).Serves()
	return p.Cmd, p.Address
}
