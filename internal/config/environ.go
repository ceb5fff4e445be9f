package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// An Environment is where settings are read from: the environment of the process and, in development, a file, for what the
// environment does not set.
type Environment struct {
	file  string
	lines map[string]line
	names []string // of the process's environment
}

// A line is what a file says of one name.
type line struct {
	number int
	value  string
}

// Environ returns the environment and, in development, what the file (".env") says. The file may be missing.
func Environ(file string) (Environment, error) {
	e := Environment{file: file}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		e.names = append(e.names, name)
	}
	if os.Getenv("APP_ENV") == "production" {
		return e, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return e, nil
	}
	if err == nil {
		e.lines, err = parse(file, string(text))
	}
	return e, err
}

// Get returns what is written of a setting, "" for nothing.
func (e Environment) Get(name string) string {
	if value, ok := os.LookupEnv(name); ok {
		return value
	}
	return e.lines[name].value
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

// parse reads lines NAME=VALUE as they stand: no $ and no \ means anything. Blanks around the value and one pair of
// quotes that encloses it do not belong to it, nor does a comment: # at the beginning of a line, or after a blank.
// An error names the number of the line, and nothing of its text, which may be a secret.
func parse(file, text string) (map[string]line, error) {
	lines := map[string]line{}
	var errs []error
	if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return nil, fmt.Errorf("%s: it must be text in UTF-8", file)
	}
	number := 0
	for one := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		number++
		one = strings.TrimSpace(one)
		if one == "" || one[0] == '#' {
			continue
		}
		name, value, found := strings.Cut(strings.TrimPrefix(one, "export "), "=")
		name = strings.TrimSpace(name)
		value, closed := unquote(strings.TrimSpace(value))
		switch {
		case !found || !variable.MatchString(name):
			errs = append(errs, fmt.Errorf("%s, line %d: it must be NAME=VALUE", file, number))
		case !closed:
			errs = append(errs, fmt.Errorf("%s, line %d: the quote is not closed", file, number))
		}
		lines[name] = line{number, value}
	}
	return lines, errors.Join(errs...)
}

// unquote takes comment and quotes from a value, and reports whether a quote that begins it ends.
func unquote(value string) (string, bool) {
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		inner, rest, closed := strings.Cut(value[1:], value[:1])
		rest = strings.TrimLeft(rest, " \t")
		if !closed || rest == "" || rest[0] == '#' {
			return inner, closed
		}
	}
	if i := strings.Index(strings.ReplaceAll(value, "\t#", " #"), " #"); i >= 0 {
		value = strings.TrimSpace(value[:i])
	}
	if strings.HasPrefix(value, "#") {
		value = ""
	}
	return value, true
}

// Unknown returns a line for each name that is no setting and was perhaps meant to be one: every name in the file,
// and what in the environment is within two letters of a setting's name (one, for names of four letters).
func (e Environment) Unknown(extra ...Extra) []string {
	ours, all := map[string]bool{}, Help(extra...)
	for _, s := range written(all, e.Get) {
		ours[s.Name] = true
	}
	var warnings []string
	for _, name := range slices.Sorted(maps.Keys(e.lines)) {
		if ours[name] {
			continue
		}
		what := ""
		if name == strings.ToUpper(name) { // else it may be anything: the second line of a secret
			what = name + " "
		}
		warnings = append(warnings, fmt.Sprintf("%s, line %d: %sis no setting%s", e.file, e.lines[name].number, what, cmp.Or(unlisted(name, all), perhaps(name, ours))))
	}
	for _, name := range e.names {
		if ours[name] {
			continue
		}
		if meant := cmp.Or(unlisted(name, all), perhaps(name, ours)); meant != "" {
			warnings = append(warnings, name+" in the environment is no setting"+meant)
		}
	}
	return warnings
}

// perhaps names the setting that was perhaps meant; "" for none.
func perhaps(name string, ours map[string]bool) string {
	name = strings.ToUpper(name)
	for _, s := range slices.Sorted(maps.Keys(ours)) {
		slips := 2
		if len(s) <= 4 { // HOST is not PORT
			slips = 1
		}
		if within(slips, name, s) {
			return ": did you mean " + s + "?"
		}
	}
	return ""
}

// within reports whether b can be made of a by at most so many slips: a letter put in, left out, changed, or swapped with its
// neighbour.
func within(slips int, a, b string) bool {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	switch {
	case a == b:
		return true
	case slips == 0:
		return false
	case a == "":
		return len(b) <= slips
	case b == "":
		return len(a) <= slips
	}
	swapped := len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0]
	return within(slips-1, a[1:], b) || within(slips-1, a, b[1:]) || within(slips-1, a[1:], b[1:]) || swapped && within(slips-1, a[2:], b[2:])
}
