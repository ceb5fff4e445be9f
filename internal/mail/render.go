package mail

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// text renders the message as plain text.
func (o *Outbox) text(m Message) string {
	parts := []string{wrap(m.Title)}
	for _, paragraph := range m.Text {
		parts = append(parts, wrap(paragraph))
	}
	facts := ""
	for _, f := range m.Facts {
		facts += wrap(f.Label+": "+f.Value) + "\n"
	}
	if facts != "" {
		parts = append(parts, strings.TrimSpace(facts))
	}
	if m.Link != "" {
		parts = append(parts, wrap(m.Button+":")+"\n"+m.Link)
	}
	for _, paragraph := range m.After {
		parts = append(parts, wrap(paragraph))
	}
	return strings.Join(parts, "\n\n") + "\n\n-- \n" + o.Site + "\n"
}

// columns is how wide a line of plain text is, as RFC 3676 (4.2) advises. Links are never broken.
const columns = 72

// wrap breaks a paragraph between words. A word that is longer than a line gets a line of its own.
func wrap(paragraph string) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(paragraph) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+n > columns:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// clean returns the message with every text as one line of valid UTF-8, so that nothing that a person typed can end a
// header or begin a paragraph of its own.
func (m Message) clean() Message {
	for _, s := range []*string{&m.Subject, &m.Title, &m.Button, &m.Link} {
		*s = oneLine(*s)
	}
	m.Text, m.Facts, m.After = slices.Clone(m.Text), slices.Clone(m.Facts), slices.Clone(m.After)
	for _, paragraphs := range [][]string{m.Text, m.After} {
		for i := range paragraphs {
			paragraphs[i] = oneLine(paragraphs[i])
		}
	}
	for i, f := range m.Facts {
		m.Facts[i] = Fact{oneLine(f.Label), oneLine(f.Value)}
	}
	return m
}

// oneLine returns the text as one line, without control characters.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\ufffd"), func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c)
	}), " ")
}
