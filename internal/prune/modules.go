package main

import (
	"regexp"
	"strings"
)

// dropModules returns the page of decisions without the rows of dependencies that go.mod does not ask for any more.
func dropModules(page, before, after string) string {
	had, has := direct(before), direct(after)
	for m := range has {
		delete(had, m)
	}
	var out strings.Builder
	for line := range strings.Lines(page) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " ")
		if strings.HasPrefix(line, "| ") && about(had, cell) && !about(has, cell) {
			continue
		}
		out.WriteString(line)
	}
	return out.String()
}

// about reports whether a cell names one of the modules, which it may do without the host.
func about(modules map[string]bool, cell string) bool {
	for m := range modules {
		if m == cell || cell != "" && strings.HasSuffix(m, "/"+cell) {
			return true
		}
	}
	return false
}

var required = regexp.MustCompile(`(?m)^(?:require)?\s+(\S+) v\S+$`)

// direct are the modules that a go.mod asks for by itself.
func direct(mod string) map[string]bool {
	all := map[string]bool{}
	for _, m := range required.FindAllStringSubmatch(mod, -1) {
		all[m[1]] = true
	}
	return all
}
