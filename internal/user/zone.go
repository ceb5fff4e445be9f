package user

import (
	"cmp"
	_ "embed" // of the names
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
	if _, ok := location(typed); ok {
		return typed
	}
	return cmp.Or(spelled()[foldZone(typed)], typed)
}

// names are those of the IANA database, one a line. A zone that is newer than the list counts if it is typed as it is.
//
//go:embed zones.txt
var names string

// spelled are the names as they are written, by what foldZone makes of them.
var spelled = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, name := range strings.Fields(names) {
		all[foldZone(name)] = name
	}
	return all
})

// foldZone makes one spelling of many.
func foldZone(name string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(name))
}
