package mail

import (
	"context"
	"strings"
	"unicode/utf8"
)

// columns is how wide a line of the text part is, as RFC 3676 (4.2) advises. Links are never broken.
const columns = 72

// html renders the letter as a document.
func (o *Outbox) html(ctx context.Context, l Letter) (string, error) {
	var b strings.Builder
	err := document(o.Site, l).Render(ctx, &b)
	return b.String(), err
}

// text renders the letter as plain text.
func (o *Outbox) text(l Letter) string {
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
		parts = append(parts, wrap(l.Button+":")+"\n"+oneLine(l.Link))
	}
	for _, p := range l.After {
		parts = append(parts, wrap(p))
	}
	return strings.Join(parts, "\n\n") + "\n\n-- \n" + oneLine(o.Site) + "\n"
}

// wrap breaks a paragraph between words. A word that is longer than a line gets a line of its own.
func wrap(paragraph string) string {
	var b strings.Builder
	at := 0
	for word := range strings.FieldsSeq(oneLine(paragraph)) {
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
