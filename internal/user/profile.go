package user

import (
	"path"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // time zones are known on every machine
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
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
	zone := strings.ReplaceAll(strings.TrimSpace(p.Timezone), " ", "_") // "America/New York" is what people write
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
	}
	if _, ok := location(p.Timezone); !ok {
		problems["timezone"] = "We know no time zone of this name. Take one from the list, or write one like Europe/Berlin."
	}
	return problems
}

// Zone is the name of the user's time zone: "UTC" if there is none.
func (p Profile) Zone() string { return p.Location().String() }

// Location is the user's time zone, UTC if there is none.
func (p Profile) Location() *time.Location {
	if p.Timezone == "" {
		return time.UTC
	}
	zone, _ := location(p.Timezone)
	return zone
}

// zones keeps the zones that somebody uses: reading one takes longer than a page. Only names of real ones get in.
var zones sync.Map

// location returns the zone of this name, or UTC and false if there is none.
func location(name string) (*time.Location, bool) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), true
	}
	if !isZone(name) {
		return time.UTC, false
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC, false
	}
	zones.Store(name, zone)
	return zone, true
}

// isZone is false for what can be loaded on some machines without being the name of a zone of the world: the machine's
// own, and another way to write one.
func isZone(name string) bool {
	switch area, _, _ := strings.Cut(name, "/"); area {
	case "Local", "localtime", "posixrules", "posix", "right", "Factory":
		return false
	}
	return name == "" || path.Clean(name) == name && !strings.ContainsFunc(name, unicode.IsControl)
}
