package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	pass := `{"Action":"pass","Package":"p","Test":"TestA"}`
	skip := `{"Action":"output","Package":"p","Test":"TestB","Output":"    x_test.go:3: no PostgreSQL here\n"}` + "\n" + `{"Action":"skip","Package":"p","Test":"TestB"}`
	for _, c := range []struct {
		name, in     string
		strict, well bool
		says         string
	}{
		{"passed", pass, true, true, "1 tests passed, 0 failed"},
		{"failed", pass + "\n" + `{"Action":"output","Package":"p","Test":"TestC","Output":"boom\n"}` + "\n" + `{"Action":"fail","Package":"p","Test":"TestC"}`, false, false, "boom"},
		{"does not build", pass + "\n" + `{"Action":"build-fail","ImportPath":"p"}`, false, false, "1 failed"},
		{"skipped", pass + "\n" + skip, false, true, "TestB: no PostgreSQL here"},
		{"skipped in CI", pass + "\n" + skip, true, false, "must not be skipped"},
		{"nothing ran", "", false, false, "no test ran"},
		{"the go command says no", "go: cannot find main module", false, false, "cannot find main module"},
	} {
		var out strings.Builder
		if got := report(strings.NewReader(c.in), &out, c.strict); got != c.well || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: %v\n%s", c.name, got, out.String())
		}
	}
}
