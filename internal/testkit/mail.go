package testkit

import (
	"net/url"
	"regexp"

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
