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

// Alphabetical follows a column of text in ORDER BY, and puts it in the order of a dictionary: apple, Äpfel, Zebra (the root
// collation of Unicode's CLDR, UTS #35). Where it is not said, SQLite sorts by bytes,
// and PostgreSQL as its database was set up.
// Indexes are not made with it: what a page sorts so is the rows of one owner.
const Alphabetical = ` COLLATE "` + alphabetical + `"`

// alphabetical is the name of the collation
// in PostgreSQL, and the one that SQLite gets.
const alphabetical = "und-x-icu"

// mostPattern is the longest text that is searched for, in bytes: SQLite refuses a pattern of more than 50,000.
const mostPattern = 10_000

// Containing returns the pattern of texts that contain this one, for LIKE … ESCAPE '\'; "" for "". Databases disagree on which
// letters are equal in upper and lower case: give it what value.Fold returns, and a column that holds the same. Of a text
// that no column holds, because it is longer than 10,000 bytes, the beginning is searched for.
func Containing(text string) string {
	if text == "" {
		return ""
	}
	text = strings.ToValidUTF8(text[:min(len(text), mostPattern)], "")
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
}
