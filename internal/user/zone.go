package user

import (
	"path"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // time zones are known on every machine
	"unicode"
)

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

// zoneName returns the name of a time zone as the IANA database spells it, however it was typed: "europe/berlin",
// "America/New York". A text that names none is only trimmed.
func zoneName(typed string) string {
	typed = strings.TrimSpace(typed)
	if _, ok := location(typed); ok || len(typed) > maxZone {
		return typed
	}
	for _, between := range []string{"", "_", "-"} {
		for _, whole := range []bool{true, false} {
			name := spelled(strings.ToLower(typed), between, whole)
			if _, ok := location(name); ok {
				return name
			}
		}
	}
	return typed
}

// maxZone is longer than any name.
const maxZone = 64

// spelled writes the lower-case name of a zone with capitals, and with this between its words; "" leaves what is there.
// whole writes a name that has no words in capitals: "UTC".
func spelled(lower, between string, whole bool) string {
	parts := strings.Split(lower, "/")
	for i, part := range parts {
		part = strings.Trim(part, " ")
		if between != "" && !strings.ContainsAny(part, "0123456789") { // a hyphen before a number is a sign: "Etc/GMT-3"
			part = strings.Join(strings.FieldsFunc(part, func(c rune) bool { return c == ' ' || c == '_' || c == '-' }), between)
		}
		if i == len(parts)-1 && whole && (i == 0 || parts[0] == "Etc") {
			parts[i] = strings.ToUpper(part)
			continue
		}
		var b strings.Builder
		for len(part) > 0 {
			end := strings.IndexAny(part, "_-")
			if end < 0 {
				end = len(part)
			}
			b.WriteString(capital(part[:end]))
			b.WriteString(part[end:min(end+1, len(part))])
			part = part[min(end+1, len(part)):]
		}
		parts[i] = b.String()
	}
	return strings.Join(parts, "/")
}

// capital writes a word of a zone's name as the database does.
func capital(word string) string {
	switch word {
	case "of", "es", "au":
		return word
	case "us", "nz", "gb", "act", "lhi", "nsw", "in", "chat": // "in" is Indiana
		return strings.ToUpper(word)
	case "mcmurdo":
		return "McMurdo"
	case "dumontdurville":
		return "DumontDUrville"
	case "comodrivadavia":
		return "ComodRivadavia"
	case "denoronha":
		return "DeNoronha"
	case "easterisland":
		return "EasterIsland"
	case "bajanorte":
		return "BajaNorte"
	case "bajasur":
		return "BajaSur"
	}
	return strings.ToUpper(word[:min(1, len(word))]) + word[min(1, len(word)):]
}
