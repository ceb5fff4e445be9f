package chrome

import "strings"

// TabTo presses Tab until the element whose description, as Focused has it, contains the text has the focus. On its way every
// element that has the focus must show it (WCAG 2.2, 2.4.7), and 60 steps must be enough.
func (b *Browser) TabTo(text string) {
	b.t.Helper()
	var seen []string
	for range 60 {
		b.Press("Tab")
		got := b.Focused()
		if wrong := b.Eval("(" + focusShown + ")()"); wrong != "" {
			b.t.Errorf("%s has the focus and %s", got, wrong)
		}
		if strings.Contains(got, text) {
			return
		}
		seen = append(seen, got)
	}
	b.t.Fatalf("%s is not reached by Tab: %v", text, seen)
}

// Type types a text by its keys into what has the focus.
func (b *Browser) Type(text string) {
	b.t.Helper()
	for _, c := range text {
		b.Press(string(c))
	}
}
