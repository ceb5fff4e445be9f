// Command testreport reads what `go test -json` says and prints what a person wants to know: a line for each package,
// the whole output of what failed, and each test that was skipped with its reason. It exits with 1 if anything failed,
// if no test ran, or, with CI=true, if a browser or PostgreSQL test was skipped.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// An event is a line of `go test -json` (go doc test2json).
type event struct {
	Action, Package, Test, Output, ImportPath string
}

func main() {
	if !report(os.Stdin, os.Stdout, os.Getenv("CI") == "true") {
		os.Exit(1)
	}
}

// report copies the essence of in to out, and reports whether all is well.
func report(in io.Reader, out io.Writer, strict bool) bool {
	output := map[string][]string{}
	var skipped []string
	ran, failed, refused := 0, 0, 0
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Action == "" {
			fmt.Fprintln(out, lines.Text()) // of the go command itself
			continue
		}
		key := e.Package + "\x00" + e.Test
		switch e.Action {
		case "output":
			if e.Test == "" {
				fmt.Fprint(out, quiet(e.Output))
				continue
			}
			output[key] = append(output[key], e.Output)
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "build-fail":
			failed++
		case "pass":
			if e.Test != "" {
				ran++
			}
			delete(output, key)
		case "fail":
			failed++
			fmt.Fprint(out, strings.Join(output[key], ""))
		case "skip":
			if e.Test == "" {
				continue
			}
			reason := reasonOf(output[key])
			skipped = append(skipped, fmt.Sprintf("  %s: %s", e.Test, reason))
			if strict && (strings.Contains(reason, "Chromium") || strings.Contains(reason, "PostgreSQL")) {
				refused++
			}
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(out, err)
		failed++
	}
	fmt.Fprintf(out, "%d tests passed, %d failed, %d skipped\n", ran, failed, len(skipped))
	if len(skipped) > 0 {
		fmt.Fprintf(out, "Skipped:\n%s\n", strings.Join(skipped, "\n"))
	}
	if refused > 0 {
		fmt.Fprintf(out, "FAIL: in CI %d of these must not be skipped\n", refused)
	}
	if ran == 0 {
		fmt.Fprintln(out, "FAIL: no test ran")
	}
	return failed == 0 && refused == 0 && ran > 0
}

// quiet drops the lines that say nothing to a person.
func quiet(line string) string {
	if strings.HasPrefix(line, "PASS") || strings.Contains(line, "[no test files]") {
		return ""
	}
	return line
}

func reasonOf(output []string) string {
	for _, line := range output {
		if _, reason, ok := strings.Cut(line, ".go:"); ok {
			_, reason, _ = strings.Cut(reason, ": ")
			return strings.TrimSpace(reason)
		}
	}
	return "no reason given"
}
