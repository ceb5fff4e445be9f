// Package value knows how people type texts, numbers, amounts of money, dates and the like, and how pages show them. It
// knows no forms and no database.
//
// Functions whose names end in Problem return what is wrong with a text that somebody typed, in the words of a page, or "" if
// nothing is. An empty text never has a problem: whether a field may be empty is up to the form.
package value

import (
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns texts, one a line, as a search compares them: in small letters, whatever the script, and with each letter
// written in one way only (Unicode, 3.13 and UAX #15, NFKC). What is shown and stored of a text is never this.
func Fold(texts ...string) string {
	text := norm.NFKC.String(strings.Join(texts, "\n"))
	return norm.NFKC.String(cases.Fold().String(text)) // a small letter may be one that is written in another way
}

// TextProblem says what is wrong with a text that may have at most this many characters (Unicode code points).
func TextProblem(text string, most int) string {
	n := utf8.RuneCountInString(text)
	return problem(n <= most, fmt.Sprintf("This has %d characters. Use at most %d.", n, most))
}

// LineProblem is TextProblem for a text that must be one line, without control characters, and of which something can be seen: it
// may be all that a link says.
func LineProblem(text string, most int) string {
	switch {
	case strings.ContainsFunc(text, unicode.IsControl), strings.ContainsAny(text, "\u2028\u2029"): // two more ends of a line (Unicode, 5.8)
		return "Write this as one line."
	case text != "" && !strings.ContainsFunc(text, Visible):
		return "Write something that can be seen."
	}
	return TextProblem(text, most)
}

// Visible reports whether a character leaves ink by itself. Marks and format characters do not, nor do a few letters and
// signs that are drawn as nothing.
func Visible(c rune) bool {
	return unicode.In(c, unicode.L, unicode.N, unicode.P, unicode.S) && !strings.ContainsRune("\u115f\u1160\u3164\uffa0\u2800", c)
}

// Int reads a whole number of 64 bits. If the text is none, the result is not Valid.
func Int(text string) (n sql.Null[int64]) {
	var err error
	n.V, err = strconv.ParseInt(text, 10, 64)
	n.Valid = err == nil
	if !n.Valid {
		n.V = 0
	}
	return n
}

// IntProblem says what is wrong with a whole number.
func IntProblem(text string) string {
	_, err := strconv.ParseInt(text, 10, 64)
	return numberProblem(text, err, "Write a whole number, such as 12.")
}

// numberProblem says what is wrong with a number that strconv could not read: says, unless it is one that is too large.
func numberProblem(text string, err error, says string) string {
	if errors.Is(err, strconv.ErrRange) {
		return "This number is too large. Use one with fewer digits."
	}
	return problem(text == "" || err == nil, says)
}

// IntText writes a number as it is typed, "" if it is not Valid.
func IntText(n sql.Null[int64]) string {
	if !n.Valid {
		return ""
	}
	return strconv.FormatInt(n.V, 10)
}

// DateProblem says what is wrong with a date, which browsers send as 2006-01-02.
func DateProblem(text string) string {
	t, err := time.Parse(time.DateOnly, text)
	return problem(text == "" || err == nil && t.Year() > 0, "Write a date as 2026-11-24.") // as browsers count (HTML, 2.3.5.1)
}

// Date writes a date for people: "24 November 2026". It returns any other text as it is.
func Date(text string) string {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t.Format("2 January 2006")
	}
	return text
}

// TimeProblem says what is wrong with a time of the day, which browsers send as 15:04.
func TimeProblem(text string) string {
	_, err := time.Parse("15:04", text)
	return problem(text == "" || err == nil && len(text) == len("15:04"), "Write a time as 15:04.")
}

// EmailProblem says what is wrong with the form of an e-mail address. It cannot know whether anybody reads mail there.
func EmailProblem(text string) string {
	a, err := mail.ParseAddress(text)
	return problem(text == "" || err == nil && a.Address == text, "Write an address like ada@example.org.")
}

// MailTo returns the mailto: link for an e-mail address (RFC 6068). A ? in the address is escaped, so that it cannot add a
// subject.
func MailTo(email string) string { return "mailto:" + url.PathEscape(email) }

// URLProblem says what is wrong with a web address. Only http and https are allowed, because pages show it as a link.
func URLProblem(text string) string {
	u, err := url.Parse(text)
	return problem(text == "" || err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && !strings.ContainsAny(text, " \t"),
		"Write an address like https://example.org/page.")
}

// YesNo returns "Yes" or "No".
func YesNo(on bool) string {
	if on {
		return "Yes"
	}
	return "No"
}

// Tick returns the value of a checkbox in a form: "1" if it is ticked, else "".
func Tick(on bool) string {
	if on {
		return "1"
	}
	return ""
}

func problem(ok bool, says string) string {
	if ok {
		return ""
	}
	return says
}
