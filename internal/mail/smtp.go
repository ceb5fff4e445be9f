package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"example.com/latchkey/internal/database"
)

// quitTimeout is how long the server may take to answer QUIT, after it has accepted the mail.
const quitTimeout = 2 * time.Second

// send hands the mail to the server. It returns nil as soon as the server has accepted it; quit then ends the SMTP
// session, and is to be called after the outbox has recorded the success. send takes at most DialTimeout and SendTimeout,
// whatever the server does.
func (o *Outbox) send(ctx context.Context, m Mail) (quit func(), err error) {
	database.NotInTx(ctx, "SMTP")
	msg, err := o.wireMessage(m)
	if err != nil {
		return nil, &unsendableError{err}
	}
	// The connection lives as long as this context. No deadline is set on the connection itself: then there is one
	// thing that ends it, and its cause is the error.
	ctx, cancel := context.WithCancelCause(ctx)
	defer func() {
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			cancel(nil)
		}
	}()
	dial := func(_ context.Context, network, address string) (net.Conn, error) {
		limit := time.AfterFunc(o.DialTimeout, func() {
			cancel(fmt.Errorf("no connection after %s", o.DialTimeout))
		})
		defer limit.Stop()
		conn, err := o.server.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		time.AfterFunc(o.SendTimeout, func() {
			cancel(fmt.Errorf("the server did not finish within %s", o.SendTimeout))
		})
		return conn, nil
	}
	// HELO gives the sender's domain, which is a full name; this machine's own name may not be.
	client, err := gomail.NewClient(o.server.host, append(o.server.options(),
		gomail.WithTimeout(neverReached), gomail.WithHELO(domainOf(o.from)), gomail.WithDialContextFunc(dial))...)
	if err != nil {
		return nil, err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, err
	}
	if err := client.SendWithSMTPClient(session, msg); err != nil && !msg.IsDelivered() {
		return nil, err
	}
	return func() {
		defer cancel(nil)
		if session.UpdateDeadline(quitTimeout) == nil {
			session.Quit() //nolint:errcheck // the mail is delivered
		}
	}, nil
}

// neverReached is the deadline that go-mail insists on setting: the context ends first.
const neverReached = time.Hour

// dial connects to the server. The connection is closed when the context ends.
func (s *server) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { conn.Close() }) //nolint:errcheck // nothing more is expected of it
	if !s.implicit {
		return conn, nil
	}
	encrypted := tls.Client(conn, s.tls)
	return encrypted, encrypted.HandshakeContext(ctx)
}

// wireMessage returns the mail as it goes over the wire. It is the same at every attempt, including its Message-ID, so
// that a mail that arrives twice can be recognised.
func (o *Outbox) wireMessage(m Mail) (*gomail.Msg, error) {
	to, err := mail.ParseAddress(m.To)
	if err != nil {
		return nil, err
	}
	if to, err = wireAddress(to); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(o.from)
	msg.ToMailAddress(to)
	msg.SetMessageIDWithValue(m.ID + "@" + domainOf(o.from))
	msg.SetDateWithValue(m.At)
	msg.Subject(m.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834, 5: no answers from autoresponders
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}

// An unsendableError is the fault of the mail itself: no server was asked.
type unsendableError struct{ error }

// classify returns what to record of a failed attempt, and whether the failure is permanent. It is only if the mail itself
// was refused (at MAIL, RCPT or DATA): a server that refuses our password or our connection says nothing about the mail.
func classify(m Mail, err error) (reason string, permanent bool) {
	reason = err.Error()
	if _, ok := errors.AsType[*unsendableError](err); ok {
		return redact(m, reason), true
	}
	if answer, ok := errors.AsType[*gomail.SendError](err); ok {
		permanent = answer.ErrorCode() >= 500
		reason, _, _ = strings.Cut(reason, ", affected ") // the recipient and the Message-ID follow
	}
	return redact(m, reason), permanent
}

// maxReason is how many characters of an error are stored.
const maxReason = 255

// redact returns the error as one line, without words that may be an address or a link: servers repeat what they refuse.
func redact(m Mail, text string) string {
	local, _, _ := strings.Cut(m.To, "@")
	list := strings.Fields(oneLine(text))
	for i, word := range list {
		bare := strings.Trim(word, `<>()[]"',;:.`)
		if strings.ContainsAny(word, "@/=%&?") || len(word) > 40 || strings.EqualFold(bare, local) {
			list[i] = "…"
		}
	}
	line := []rune(strings.Join(list, " "))
	return string(line[:min(len(line), maxReason)])
}
