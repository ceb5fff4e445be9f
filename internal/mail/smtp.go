package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"example.com/latchkey/internal/database"
)

// quitTimeout is how long the server may take to answer QUIT, when there is nothing more to lose.
const quitTimeout = 2 * time.Second

// A session is an SMTP session with a server that has let us in.
type session struct {
	ctx    context.Context // the connection lives as long as this; its cause is why it ended
	cancel context.CancelCauseFunc
	client *gomail.Client
	smtp   *smtp.Client
}

// open connects, encrypts and logs in, as SMTP_URL asks. The session must be ended with quit or fail. It ends by itself
// when the context does, or after sendTimeout, whatever the server does.
func (s *server) open(ctx context.Context, helo string, dialTimeout, sendTimeout time.Duration) (*session, error) {
	opened := &session{}
	opened.ctx, opened.cancel = context.WithCancelCause(ctx)
	dial := func(_ context.Context, network, address string) (net.Conn, error) {
		limit := time.AfterFunc(dialTimeout, func() { opened.cancel(fmt.Errorf("no connection after %s", dialTimeout)) })
		defer limit.Stop()
		conn, err := s.dial(opened.ctx, network, address)
		if err == nil {
			time.AfterFunc(sendTimeout, func() { opened.cancel(fmt.Errorf("the server did not finish within %s", sendTimeout)) })
		}
		return conn, err
	}
	// The connection has no deadline of its own, only one of go-mail's that is never reached: the context alone ends it, and
	// its cause says why.
	var err error
	opened.client, err = gomail.NewClient(s.host, append(s.options(),
		gomail.WithTimeout(time.Hour), gomail.WithHELO(helo), gomail.WithDialContextFunc(dial))...)
	if err == nil {
		opened.smtp, err = opened.client.DialToSMTPClientWithContext(opened.ctx)
	}
	if err != nil {
		return nil, opened.fail(err)
	}
	return opened, nil
}

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

// fail cuts the connection, and returns why it was cut before, else the error.
func (s *session) fail(err error) error {
	defer s.cancel(nil)
	return cmp.Or(context.Cause(s.ctx), err)
}

// quit ends the session politely.
func (s *session) quit() {
	defer s.cancel(nil)
	if s.smtp.UpdateDeadline(quitTimeout) == nil {
		s.smtp.Quit() //nolint:errcheck // nothing more is expected of it
	}
}

// send hands the mail to the server. It returns nil as soon as the server has accepted it; quit then ends the SMTP
// session, and is to be called after the outbox has recorded the success.
func (o *Outbox) send(ctx context.Context, m Mail) (quit func(), err error) {
	database.NotInTx(ctx, "SMTP")
	msg, err := o.wireMessage(m)
	if err != nil {
		return nil, err
	}
	// HELO gives the sender's domain, which is a full name; this machine's own name may not be.
	s, err := o.server.open(ctx, domainOf(o.from), o.DialTimeout, o.SendTimeout)
	if err != nil {
		return nil, err
	}
	if err := s.client.SendWithSMTPClient(s.smtp, msg); err != nil && !msg.IsDelivered() {
		return nil, s.fail(err)
	}
	return s.quit, nil
}

// Check opens an SMTP session with the server of smtpURL, as for a mail from this sender, and sends nothing.
// It takes at most 22 seconds.
func Check(ctx context.Context, smtpURL, from string) error {
	o, err := New(Options{SMTPURL: smtpURL, From: from, DialTimeout: 10 * time.Second, SendTimeout: 10 * time.Second})
	if err != nil || o.server == nil {
		return err
	}
	s, err := o.server.open(ctx, domainOf(o.from), o.DialTimeout, o.SendTimeout)
	if err != nil {
		return err
	}
	s.quit()
	return nil
}

// wireMessage returns the mail as it goes over the wire. It is the same at every attempt, including its Message-ID, so
// that a mail that arrives twice can be recognised.
func (o *Outbox) wireMessage(m Mail) (*gomail.Msg, error) {
	to, err := wireAddress(m.To)
	if err != nil {
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

// classify returns what to record of a failed attempt, and whether the failure is permanent. It is only if the mail itself
// was refused (at MAIL, RCPT or DATA): a server that refuses our password or our connection says nothing about the mail.
func classify(m Mail, err error) (reason string, permanent bool) {
	reason = err.Error()
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
