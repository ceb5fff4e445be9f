package mail_test

import (
	"io"
	"mime"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
	"github.com/emersion/go-smtp"
)

func TestAMailArrives(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		p := serve(t, &postOffice{}, nil, false)
		b := open(t, dsn, mail.Options{SMTPURL: p.url(), From: "Schlüssel <latchkey@example.com>"})
		b.queue(message("ada@example.org"))
		queued := b.only()
		if n := b.deliver(); n != 1 {
			t.Fatalf("%d delivered", n)
		}
		all := p.deliveries()
		if len(all) != 1 || all[0].from != "latchkey@example.com" || all[0].to != "ada@example.org" {
			t.Fatalf("%+v", all)
		}
		m := parse(t, all[0].message)
		var words mime.WordDecoder
		for name, want := range map[string]string{
			"From": `Schlüssel <latchkey@example.com>`, "To": "<ada@example.org>", "Subject": "Is this your address? Grüße",
			"Auto-Submitted": "auto-generated", "Mime-Version": "1.0", "Message-Id": "<" + queued.ID + "@example.com>",
		} {
			got, err := words.DecodeHeader(m.Get(name))
			if err != nil || strings.ReplaceAll(got, `"`, "") != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		if at, err := m.Date(); err != nil || !at.Equal(queued.At.Truncate(time.Second)) {
			t.Errorf("Date: %s, queued %s, %v", at, queued.At, err)
		}
		link := message("").Link
		if !strings.Contains(m.text, "\n"+link+"\n") {
			t.Errorf("the text has no link on a line of its own:\n%s", m.text)
		}
		if got := strings.Count(m.html, `href="`+strings.ReplaceAll(link, "&", "&amp;")+`"`); got != 2 {
			t.Errorf("%d links in the HTML", got)
		}
		for _, part := range []string{m.text, m.html} {
			for _, says := range []string{"Is this your address?", "Device", "Firefox on Linux", "Yes, this is my address", "once, for 24 hours", "Latchkey"} {
				if !strings.Contains(part, says) {
					t.Errorf("a part does not say %q:\n%s", says, part)
				}
			}
		}
		if got := b.only(); got.State != mail.Sent || got.To != "" || got.Text != "" || got.HTML != "" || got.Attempts != 1 {
			t.Errorf("%s after %d tries, %q", got.State, got.Attempts, got.Text)
		}
		if n := b.count(`SELECT count(*) FROM outbox WHERE text <> '' OR html <> '' OR lease <> ''`); n != 0 {
			t.Error("a mail that was sent was not blanked")
		}
		if n := b.deliver(); n != 0 || len(p.deliveries()) != 1 {
			t.Error("it was sent twice")
		}
		if says := b.log.String(); !strings.Contains(says, "event=mail.sent") || strings.Contains(says, "ada@") || strings.Contains(says, secret) {
			t.Errorf("the log says %s", says)
		}
	})
}

// TestServersThatFail shows what becomes of a mail, by what the server does to it. Each refusal of the server repeats
// the address and the link, which must not get into the log.
func TestServersThatFail(t *testing.T) {
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused.Close()
	answers := func(code int, onData bool) func(*testing.T) string {
		return func(t *testing.T) string {
			p := &postOffice{}
			answer := func(to string) error {
				return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "<" + to + "> ada: no, " + message("").Link}
			}
			p.onRcpt = answer
			if onData {
				p.onRcpt, p.onData = nil, answer
			}
			return serve(t, p, nil, false).url()
		}
	}
	closes := func(_ net.Conn) {}
	hangs := func(conn net.Conn) { io.Copy(io.Discard, conn) } //nolint:errcheck // until the other side gives up
	cases := []struct {
		name, state, says string
		url               func(t *testing.T) string
	}{
		{"nobody listens", mail.Waiting, "connection refused", func(*testing.T) string { return "smtp://" + refused.Addr().String() }},
		{"hangs, says nothing", mail.Waiting, "no end after", func(t *testing.T) string { return misbehave(t, hangs) }},
		{"hangs in the TLS handshake", mail.Waiting, "deadline", func(t *testing.T) string {
			return strings.Replace(misbehave(t, hangs), "smtp:", "smtps:", 1)
		}},
		{"hangs after the message", mail.Waiting, "no end after", func(t *testing.T) string {
			return misbehave(t, func(conn net.Conn) {
				r := greet(conn)
				if until(conn, r, "DATA") {
					io.WriteString(conn, "354 go on\r\n")
				}
				hangs(conn)
			})
		}},
		{"closes the connection at once", mail.Waiting, "EOF", func(t *testing.T) string { return misbehave(t, closes) }},
		{"cuts the connection in mid-message", mail.Waiting, "", func(t *testing.T) string {
			return misbehave(t, func(conn net.Conn) {
				r := greet(conn)
				if until(conn, r, "DATA") {
					io.WriteString(conn, "354 go on\r\n")
					r.ReadString('\n') // the first line of the header
				}
			})
		}},
		{"greets with 554", mail.Waiting, "554", func(t *testing.T) string {
			return misbehave(t, func(conn net.Conn) { io.WriteString(conn, "554 no room\r\n") })
		}},
		{"450 to the recipient", mail.Waiting, "4.1.1", answers(450, false)},
		{"451 to the message", mail.Waiting, "4.1.1", answers(451, true)},
		{"550 to the recipient", mail.Dead, "5.1.1", answers(550, false)},
		{"554 to the message", mail.Dead, "5.1.1", answers(554, true)},
		{"refuses our password", mail.Waiting, "535", func(t *testing.T) string {
			p := serve(t, &postOffice{user: "ada"}, nil, false)
			return "smtp://ada:wrong@" + p.addr
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := mail.Options{SMTPURL: c.url(t)}
			if strings.HasPrefix(c.name, "hangs") {
				o.DialTimeout, o.SendTimeout = 100*time.Millisecond, 200*time.Millisecond
			}
			b := open(t, testkit.SQLite(t), o)
			b.queue(message("ada@example.org"))
			if n := b.deliver(); n != 0 {
				t.Fatal("delivered")
			}
			m := b.only()
			t.Logf("%-34s → %s, due in %s: %s", c.name, m.State, m.Due.Sub(b.clock.Now()).Round(time.Second), m.Err)
			if m.State != c.state || m.Attempts != 1 || !strings.Contains(m.Err, c.says) || m.Err == "" || m.Text == "" {
				t.Errorf("%s after %d tries, error %q", m.State, m.Attempts, m.Err)
			}
			if wait := m.Due.Sub(b.clock.Now()); c.state == mail.Waiting && (wait > 6*time.Second || !m.Due.After(m.At)) {
				t.Errorf("tried again in %s", wait)
			}
			for _, record := range []string{b.log.String(), m.Err} {
				if nameOfAda.MatchString(record) || strings.Contains(record, secret) || strings.Contains(record, "Hello") {
					t.Errorf("it tells too much: %s", record)
				}
			}
			if got := strings.Count(b.log.String(), "level=ERROR"); got != map[string]int{mail.Dead: 1}[c.state] {
				t.Errorf("%d errors in the log: %s", got, b.log.String())
			}
			if n := b.deliver(); n != 0 || b.only().Attempts != 1 {
				t.Error("it was tried again at once")
			}
			// The server comes round: what waits arrives.
			p := serve(t, &postOffice{}, nil, false)
			b.clock.Advance(2 * time.Minute)
			if n := b.with(mail.Options{SMTPURL: p.url()}).deliver(); n != map[string]int{mail.Waiting: 1}[c.state] {
				t.Errorf("%d delivered later", n)
			}
		})
	}
}

// nameOfAda is the word, and not three digits of an id.
var nameOfAda = regexp.MustCompile(`\bada\b`)
