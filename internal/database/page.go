package database

import (
	"strings"

	"github.com/google/uuid"
)

// NewID returns a UUIDv7: unique, and sorted by the time of its making (RFC 9562).
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// IsID reports whether the text has the form of an id.
func IsID(text string) bool { return len(text) == 36 && uuid.Validate(text) == nil }

// A Page is a part of a list that is too long for one page.
type Page struct {
	Number, Pages int // Number counts from 1 to Pages
	Limit, Offset int // for the query
}

// PageOf returns the page of a list of total rows, with size rows on each page. A number that is not there becomes the
// nearest one that is.
func PageOf(total, size, number int) Page {
	p := Page{Pages: max(1, (total+size-1)/size), Limit: size}
	p.Number = min(max(number, 1), p.Pages)
	p.Offset = (p.Number - 1) * size
	return p
}

// Containing returns the pattern of texts that contain this one, for LIKE … ESCAPE '\'; "" for "". Write
// lower(column) LIKE lower($1) ESCAPE '\': letters of ASCII are then found in upper or lower case, others as they were typed.
// PostgreSQL finds those in either case, too.
func Containing(text string) string {
	if text == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
}
