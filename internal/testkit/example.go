package testkit

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// Example returns what an Example, which has no test, hands to [Start] and others in the place of one. What would fail a test
// panics, and done ends what would end with it:
//
//	t, done := testkit.Example()
//	defer done()
//	k := testkit.Start(t)
func Example() (t testing.TB, done func()) {
	e := &example{}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e, e.end
}

// An example stands in for a test. What it does not have of one, nobody calls.
type example struct {
	testing.TB
	ctx    context.Context
	cancel func()
	after  []func()
}

func (e *example) end() {
	e.cancel()
	for i := len(e.after) - 1; i >= 0; i-- {
		e.after[i]()
	}
}

func (e *example) Helper()                           {}
func (e *example) Name() string                      { return "Example" }
func (e *example) Context() context.Context          { return e.ctx }
func (e *example) Cleanup(f func())                  { e.after = append(e.after, f) }
func (e *example) Error(args ...any)                 { panic(fmt.Sprint(args...)) }
func (e *example) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (e *example) Fatal(args ...any)                 { e.Error(args...) }
func (e *example) Fatalf(format string, args ...any) { e.Errorf(format, args...) }
func (e *example) Log(...any)                        {}
func (e *example) Logf(string, ...any)               {}

func (e *example) TempDir() string {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
