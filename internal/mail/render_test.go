package mail_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

func TestTheTextPart(t *testing.T) {
	b := open(t, testkit.SQLite(t), mail.Options{Development: true})
	link := "https://example.com/verify-email?token=" + strings.Repeat("a", 80)
	b.queue(mail.Message{
		To: "ada@example.org", Title: "Hello", Text: []string{strings.Repeat("wörter ", 40), "A second one."},
		Facts: []mail.Fact{{Label: "Device", Value: "Firefox"}, {Label: "When", Value: "now"}}, Button: "Press", Link: link, After: []string{"Bye."},
	})
	text := b.only().Text
	wide := 0
	for line := range strings.SplitSeq(text, "\n") {
		if n := utf8.RuneCountInString(line); line != link && n > 72 {
			t.Errorf("a line of %d characters: %s", n, line)
		} else {
			wide = max(wide, n)
		}
	}
	words := strings.Join(strings.Fields(text), " ")
	want := "Hello " + strings.Repeat("wörter ", 40) + "A second one. Device: Firefox When: now Press: " + link + " Bye. -- Latchwood"
	if words != want || wide < 66 || !strings.Contains(text, "Device: Firefox\nWhen: now\n\nPress:\n"+link+"\n\nBye.") {
		t.Errorf("%d wide:\n%s", wide, text)
	}
	plain := b.with(mail.Options{Development: true})
	plain.exec(`DELETE FROM outbox`)
	plain.queue(mail.Message{To: "ada@example.org", Title: "Deleted", Text: []string{"Your account is gone."}})
	if m := plain.only(); strings.Contains(m.HTML, "<a ") || strings.Contains(m.HTML, "<table") || m.Text != "Deleted\n\nYour account is gone.\n\n-- \nLatchwood" {
		t.Errorf("without a link:\n%s\n%s", m.Text, m.HTML)
	}
	plain.exec(`DELETE FROM outbox`)
	plain.queue(mail.Message{To: "ada@example.org", Button: "Press", Link: "javascript:alert(1)"})
	if m := plain.only(); strings.Contains(m.HTML, `href="javascript`) {
		t.Errorf("a script as a link: %s", m.HTML)
	}
}
