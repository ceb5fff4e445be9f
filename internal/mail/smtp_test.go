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
			for _, says := range []string{"Verify your e-mail address", "Device", "Firefox on Linux", "Yes, this is my address", "once, for 24 hours", "Latchwood"} {
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
		options           mail.Options
	}{
		{name: "nobody listens", state: mail.Waiting, says: "connection refused", url: func(*testing.T) string { return "smtp://" + refused.Addr().String() }},
		{name: "hangs, says nothing", state: mail.Waiting, says: "did not finish within 200ms", url: func(t *testing.T) string { return misbehave(t, hangs) }, options: mail.Options{SendTimeout: 200 * time.Millisecond}},
		{name: "hangs in the TLS handshake", state: mail.Waiting, says: "no connection after 200ms", url: func(t *testing.T) string {
			return strings.Replace(misbehave(t, hangs), "smtp:", "smtps:", 1)
		}, options: mail.Options{DialTimeout: 200 * time.Millisecond}},
		{name: "hangs after the message", state: mail.Waiting, says: "did not finish within 200ms", url: func(t *testing.T) string {
			return misbehave(t, func(conn net.Conn) {
				r := greet(conn)
				if until(conn, r, "DATA") {
					io.WriteString(conn, "354 go on\r\n")
				}
				hangs(conn)
			})
		}, options: mail.Options{SendTimeout: 200 * time.Millisecond}},
		{name: "closes the connection at once", state: mail.Waiting, says: "EOF", url: func(t *testing.T) string { return misbehave(t, closes) }},
		{name: "cuts the connection in mid-message", state: mail.Waiting, says: "", url: func(t *testing.T) string {
			return misbehave(t, func(conn net.Conn) {
				r := greet(conn)
				if until(conn, r, "DATA") {
					io.WriteString(conn, "354 go on\r\n")
					r.ReadString('\n') // the first line of the header
				}
			})
		}},
		{name: "greets with 554", state: mail.Waiting, says: "554", url: func(t *testing.T) string {
			return misbehave(t, func(conn net.Conn) { io.WriteString(conn, "554 no room\r\n") })
		}},
		{name: "450 to the recipient", state: mail.Waiting, says: "4.1.1", url: answers(450, false)},
		{name: "451 to the message", state: mail.Waiting, says: "4.1.1", url: answers(451, true)},
		{name: "550 to the recipient", state: mail.Dead, says: "5.1.1", url: answers(550, false)},
		{name: "554 to the message", state: mail.Dead, says: "5.1.1", url: answers(554, true)},
		{name: "refuses our password", state: mail.Waiting, says: "535", url: func(t *testing.T) string {
			p := serve(t, &postOffice{user: "ada"}, nil, false)
			return "smtp://ada:wrong@" + p.addr
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.options.SMTPURL = c.url(t)
			b := open(t, testkit.SQLite(t), c.options)
			b.queue(message("ada@example.org"))
			if n := b.deliver(); n != 0 {
				t.Fatal("delivered")
			}
			m := b.only()
			t.Logf("%-34s → %s, due in %s: %s", c.name, m.State, m.Due.Sub(b.clock.Now()).Round(time.Second), m.Err)
			if m.State != c.state || m.Attempts != 1 || !strings.Contains(m.Err, c.says) || m.Err == "" || m.Text == "" {
				t.Errorf("%s after %d tries, error %q", m.State, m.Attempts, m.Err)
			}
			if wait := m.Due.Sub(b.clock.Now()); c.state == mail.Waiting && (wait < 4*time.Second || wait > 6*time.Second) {
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

// TestUnicodeDomains holds that a domain goes over the wire in ASCII, however it was typed, and is stored as it was typed.
func TestUnicodeDomains(t *testing.T) {
	p := serve(t, &postOffice{}, nil, false)
	b := open(t, testkit.SQLite(t), mail.Options{SMTPURL: p.url(), From: "Schlüssel <hello@bücher.example>"})
	typed := []string{"ada@Bücher.Example", "ada@xn--bcher-kva.example", "ada@bu\u0308cher。example", `"a b"@bücher.example`}
	for _, to := range typed {
		b.queue(message(to))
	}
	list, err := b.List(t.Context(), "")
	if err != nil || len(list) != len(typed) || list[0].To != typed[0] {
		t.Fatalf("%+v, %v", list, err)
	}
	b.deliver()
	all := p.deliveries()
	if len(all) != len(typed) {
		t.Fatalf("%d of %d arrived", len(all), len(typed))
	}
	for i, d := range all {
		want, header := "ada@xn--bcher-kva.example", "<ada@xn--bcher-kva.example>"
		if i == 3 { // the server takes the quotes off
			want, header = "a b@xn--bcher-kva.example", `<"a b"@xn--bcher-kva.example>`
		}
		m := parse(t, d.message)
		if d.to != want || m.Get("To") != header {
			t.Errorf("%s: sent to %s, header %s", typed[i], d.to, m.Get("To"))
		}
		if d.from != "hello@xn--bcher-kva.example" || d.helo != "xn--bcher-kva.example" || !strings.HasSuffix(m.Get("From"), "<hello@xn--bcher-kva.example>") {
			t.Errorf("from %s, HELO %s, header %s", d.from, d.helo, m.Get("From"))
		}
		head, _, _ := strings.Cut(d.message, "\r\n\r\n")
		if strings.ContainsFunc(head, func(c rune) bool { return c > 0x7e }) || !strings.HasSuffix(m.Get("Message-Id"), "@xn--bcher-kva.example>") {
			t.Errorf("the header is not ASCII:\n%s", head)
		}
	}
	for _, bad := range []string{"adä@example.org", "ada@exam_ple.org", "ada@-x.org", "ada@[127.0.0.1]", "ada@a..b", "ada@" + strings.Repeat("a", 64) + ".org"} {
		if err := b.Queue(t.Context(), message(bad)); err == nil {
			t.Errorf("a message to %s was queued", bad)
		}
		if _, err := mail.New(mail.Options{From: bad}); err == nil || !strings.HasPrefix(err.Error(), "MAIL_FROM=") {
			t.Errorf("%s as MAIL_FROM: %v", bad, err)
		}
	}
}
