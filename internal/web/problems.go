package web

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problems holds what is wrong with a form: field name to message. A form is valid when there are none.
type Problems map[string]string

// Add adds the message to the field, unless it is "" or the field has one already.
func (p Problems) Add(field, message string) { p.Check(message == "", field, message) }

// Check adds the message to the field if ok is false. The first message for a field stays.
func (p Problems) Check(ok bool, field, message string) {
	if _, already := p[field]; !ok && !already {
		p[field] = message
	}
}

// TextProblem says what is wrong with a text of at most so many characters, "" if nothing.
func TextProblem(text string, most int) string {
	if n := utf8.RuneCountInString(text); n > most {
		return fmt.Sprintf("This has %d characters. Use at most %d.", n, most)
	}
	return ""
}

// LineProblem is TextProblem for a text of one line.
func LineProblem(text string, most int) string {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "Write this as one line."
	}
	return TextProblem(text, most)
}
