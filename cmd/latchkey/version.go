package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// number is the version; CHANGELOG.md begins with it, which a test holds.
const number = "0.1.0"

type versionCmd struct{}

func (versionCmd) Run(out io.Writer) error {
	_, err := fmt.Fprintln(out, "latchkey", version(debug.ReadBuildInfo()))
	return err
}

// version is the number, with the commit that the program was built of where the build knows it, and "changed" if
// files differed from that.
func version(info *debug.BuildInfo, known bool) string {
	if !known {
		return number
	}
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	commit := setting["vcs.revision"]
	if commit == "" {
		return number
	}
	if setting["vcs.modified"] == "true" {
		commit += ", changed"
	}
	date, _, _ := strings.Cut(setting["vcs.time"], "T")
	return fmt.Sprintf("%s (commit %s, %s)", number, commit, date)
}
