package login

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What a user has besides the way to log in is decided here: a name. docs/how-to/add-a-field-to-users.md shows how to
// add to it.

// maxName is the longest name, in characters.
const maxName = 80

// A Profile is what a user says about themselves.
type Profile struct {
	Name string // may be empty, at most 80 characters
}

// Clean returns the profile with blanks at the ends taken off, in NFC.
func (p Profile) Clean() Profile {
	return Profile{Name: norm.NFC.String(strings.TrimSpace(p.Name))}
}

// Problems returns what is wrong with the profile: field to message.
func (p Profile) Problems() map[string]string {
	problems := map[string]string{}
	switch {
	case utf8.RuneCountInString(p.Name) > maxName:
		problems["name"] = "Keep the name under 80 characters."
	case strings.ContainsFunc(p.Name, unicode.IsControl) || strings.ContainsAny(p.Name, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"):
		problems["name"] = "A name is one line, without control characters."
	}
	return problems
}
