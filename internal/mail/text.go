package mail

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// columns is how wide a line of the text part is, as RFC 3676 (4.2) advises. Links are never broken.
const columns = 72

// html renders the letter as a document.
func (o *Outbox) html(ctx context.Context, l Message) (string, error) {
	var b strings.Builder
	err := document(o.Site, l).Render(ctx, &b)
	return b.String(), err
}

// text renders the letter as plain text.
func (o *Outbox) text(l Message) string {
	parts := []string{wrap(l.Title)}
	for _, p := range l.Text {
		parts = append(parts, wrap(p))
	}
	var facts []string
	for _, f := range l.Facts {
		facts = append(facts, wrap(f.Label+": "+f.Value))
	}
	if len(facts) > 0 {
		parts = append(parts, strings.Join(facts, "\n"))
	}
	if l.Link != "" {
		parts = append(parts, wrap(l.Button+":")+"\n"+l.Link)
	}
	for _, p := range l.After {
		parts = append(parts, wrap(p))
	}
	return strings.Join(parts, "\n\n") + "\n\n-- \n" + o.Site + "\n"
}

// wrap breaks a paragraph between words. A word that is longer than a line gets a line of its own.
func wrap(paragraph string) string {
	var b strings.Builder
	at := 0
	for word := range strings.FieldsSeq(paragraph) {
		n := utf8.RuneCountInString(word)
		switch {
		case at == 0:
		case at+1+n > columns:
			b.WriteByte('\n')
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}

// clean returns the letter with every text in one line of valid UTF-8: nothing that a person typed can end a header,
// or begin a paragraph of its own.
func (l Message) clean() Message {
	for _, s := range []*string{&l.Subject, &l.Title, &l.Button, &l.Link} {
		*s = oneLine(*s)
	}
	l.Text, l.Facts, l.After = slices.Clone(l.Text), slices.Clone(l.Facts), slices.Clone(l.After)
	for _, paragraphs := range [][]string{l.Text, l.After} {
		for i := range paragraphs {
			paragraphs[i] = oneLine(paragraphs[i])
		}
	}
	for i, f := range l.Facts {
		l.Facts[i] = Fact{oneLine(f.Label), oneLine(f.Value)}
	}
	return l
}

// oneLine makes one line of a text, without control characters.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\ufffd"), func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c)
	}), " ")
}
