package testkit

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"example.com/latchkey/internal/mail"
)

// Mails returns what stands in the development mailbox, the newest last.
func (k *Kit) Mails() []mail.Mail {
	k.t.Helper()
	mails, err := k.App.Mail.List(k.t.Context(), mail.InMailbox)
	if err != nil {
		k.t.Fatal(err)
	}
	return mails
}

// Mail returns the newest mail to an address. Without one the test fails.
func (k *Kit) Mail(to string) mail.Mail {
	k.t.Helper()
	mails := k.Mails()
	for i := len(mails) - 1; i >= 0; i-- {
		if mails[i].To == to {
			return mails[i]
		}
	}
	k.t.Fatalf("no mail to %s among %d", to, len(mails))
	return mail.Mail{}
}

var firstLink = regexp.MustCompile(`https?://\S+`)

// Link returns the path and query of the first link in a mail's text, "" if there is none.
func Link(m mail.Mail) string {
	u, err := url.Parse(firstLink.FindString(m.Text))
	if err != nil || u.Host == "" {
		return ""
	}
	return u.RequestURI()
}

// Press opens the link of a mail as a person does: the page, where the address no longer holds the token, and its button.
func Press(t *testing.T, b *Browser, m mail.Mail, fields ...string) Page {
	t.Helper()
	link := Link(m)
	path, _, _ := strings.Cut(link, "?")
	p := b.Get(link)
	if p.Status != http.StatusSeeOther || p.To != path {
		t.Fatalf("%s: %d to %q: the token must leave the address at once", path, p.Status, p.To)
	}
	if p := b.Get(path); p.Status != http.StatusOK {
		return p
	}
	return b.Post(path, fields...)
}

// Subjects returns the subjects of the mails to an address, oldest first.
func Subjects(k *Kit, to string) (subjects []string) {
	for _, m := range k.Mails() {
		if m.To == to {
			subjects = append(subjects, m.Subject)
		}
	}
	return subjects
}

// BrokenLink reports whether the answer is the one page of links that do not work.
func BrokenLink(p Page) bool {
	return p.Status == http.StatusNotFound && p.Says("This link does not work")
}

// Verified registers a browser's account and verifies its address in that browser.
func Verified(t *testing.T, k *Kit, email string) *Browser {
	t.Helper()
	b := k.Browser().Register(email)
	Press(t, b, k.Mail(email))
	return b
}
