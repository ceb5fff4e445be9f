package mail_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

// everyMessage returns one of each kind, as it is sent to somebody whose address is not verified.
func everyMessage(to mail.Recipient) []mail.Message {
	a := mail.Action{Link: "https://example.com/link?token=" + secret, ValidFor: 24 * time.Hour}
	where := []mail.Fact{{Label: "Browser", Value: "Firefox on Linux"}}
	return []mail.Message{
		mail.VerifyAddress("Latchwood", to, a),
		mail.FinishRegistration("Latchwood", to, a),
		mail.AlreadyRegistered("Latchwood", to, "https://example.com/login", "https://example.com/password/forgot"),
		mail.ChoosePassword("Latchwood", to, a),
		mail.PasswordWasChanged("Latchwood", to, where, a),
		mail.NewBrowser("Latchwood", to, where, a),
		mail.DataWasExported("Latchwood", to, where, a),
		mail.VerifyNewAddress("Latchwood", to, "", a),
		mail.AddressHasAccount("Latchwood", to),
		mail.AddressWasChanged("Latchwood", to, "", nil, mail.Action{}),
		mail.AccountDeleted("Latchwood", to),
		mail.Invitation("Latchwood", to, a),
	}
}

// TestAStrangersWordsAreNotSent writes a sentence into the address, as far as one can, and looks for it in every message
// to an address that is not verified.
func TestAStrangersWordsAreNotSent(t *testing.T) {
	b := open(t, testkit.SQLite(t), mail.Options{Development: true})
	for _, m := range everyMessage(mail.Recipient{Email: "ada+you-won-1000-euros-call-0800-555@example.org"}) {
		b.exec(`DELETE FROM outbox`)
		b.queue(m)
		sent := b.only()
		for _, part := range []string{sent.Subject, sent.Text, sent.HTML} {
			if strings.Contains(part, "you-won") || strings.Contains(part, "ada+") || strings.Contains(part, "  ") && part == sent.Subject {
				t.Errorf("%s: %s", m.Kind, part)
			}
		}
		if !strings.HasPrefix(m.Text[0], "Hello, ") || strings.Contains(sent.Text, "logged in as") {
			t.Errorf("%s greets a stranger by name: %s", m.Kind, m.Text[0])
		}
	}
}

// TestVerifiedPeopleAreNamed is the other side: who has verified an address is called by name, and the asker is named.
func TestVerifiedPeopleAreNamed(t *testing.T) {
	to := mail.Recipient{Email: "new@example.org", Name: "Ada"}
	a := mail.Action{Link: "https://example.com/x", ValidFor: time.Hour}
	for _, m := range []mail.Message{
		mail.VerifyNewAddress("Latchwood", to, "ada@example.org", a),
		mail.AddressWasChanged("Latchwood", to, "ada@example.org", nil, a),
	} {
		if !strings.HasPrefix(m.Text[0], "Hello Ada, ") || !strings.Contains(m.Text[0], "ada@example.org") {
			t.Errorf("%s: %s", m.Kind, m.Text[0])
		}
	}
}

// TestEveryMessageSaysOneThing checks what all have in common, and that none has a word from the list of DESIGN's
// "never" column.
func TestEveryMessageSaysOneThing(t *testing.T) {
	var kinds, subjects []string
	for _, m := range everyMessage(mail.Recipient{Email: "ada@example.org", UserID: "u"}) {
		kinds, subjects = append(kinds, m.Kind), append(subjects, m.Subject)
		all := strings.Join(append(append([]string{m.Subject, m.Title, m.Button}, m.Text...), m.After...), " ")
		for _, never := range []string{"prove", "Prove", "proof", "letter", "stops the password", "we will", "Is it you"} {
			if strings.Contains(all, never) {
				t.Errorf("%s says %q: %s", m.Kind, never, all)
			}
		}
		if m.Subject == "" || m.Title == "" || len(m.Text) == 0 || (m.Button == "") != (m.Link == "") {
			t.Errorf("%s is not complete: %+v", m.Kind, m)
		}
		if strings.Contains(m.Link, secret) && !strings.Contains(all, "The link works once, for 24 hours.") {
			t.Errorf("%s does not say how long its link works: %s", m.Kind, all)
		}
		if m.Kind == "deleted" && m.UserID != "" {
			t.Error("the message about a deleted account would be deleted with it")
		}
	}
	for _, list := range [][]string{kinds, subjects} {
		slices.Sort(list)
		if twice := slices.Compact(slices.Clone(list)); len(twice) != len(list) {
			t.Errorf("not distinct: %q", list)
		}
	}
}
