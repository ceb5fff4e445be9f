package mail

import (
	"context"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// checkTime bounds the whole of a check.
const checkTime = 15 * time.Second

// Check greets the server of SMTP_URL as the sender's domain, encrypts the connection and logs in, as for a mail, and
// says goodbye. It sends nothing.
func Check(ctx context.Context, smtpURL, from string) error {
	s, err := parseServer(smtpURL, nil)
	if err != nil {
		return err
	}
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return err
	}
	_, domain, _ := strings.Cut(sender.Address, "@")
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	client, err := gomail.NewClient(s.host, append(s.options(), gomail.WithTimeout(checkTime), gomail.WithHELO(domain))...)
	if err != nil {
		return err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	return session.Quit()
}
