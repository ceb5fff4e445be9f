package user

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"example.com/latchkey/internal/value"
)

// What a user has besides the way to log in is decided here: a name and a time zone.
// docs/how-to/add-a-field-to-users.md shows how to add to it.

// maxName is the longest name, in characters.
const maxName = 80

// A Profile is what a user says about themselves.
type Profile struct {
	Name     string // may be empty, at most 80 characters
	Timezone string // of the IANA database, as "Europe/Berlin"; "" is UTC
}

// Clean returns the profile with blanks at the ends taken off, the name in NFC, the zone as it is stored.
func (p Profile) Clean() Profile {
	zone := zoneName(p.Timezone)
	if zone == "UTC" {
		zone = ""
	}
	return Profile{Name: norm.NFC.String(strings.TrimSpace(p.Name)), Timezone: zone}
}

// Problems returns what is wrong with the profile: field to message.
func (p Profile) Problems() map[string]string {
	problems := map[string]string{}
	switch {
	case utf8.RuneCountInString(p.Name) > maxName:
		problems["name"] = "Use at most 80 characters for the name."
	case strings.ContainsFunc(p.Name, unicode.IsControl) || strings.ContainsAny(p.Name, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\u200b"):
		problems["name"] = "A name is one line, without control characters."
	case p.Name != "" && !strings.ContainsFunc(p.Name, value.Visible):
		problems["name"] = "Write a name that can be seen, or leave it empty."
	}
	if _, ok := location(p.Timezone); !ok {
		problems["timezone"] = "We know no time zone of this name. Take one from the list, or write one like Europe/Berlin."
	}
	return problems
}
