package mail_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

// TestAMailIsPromisedWithItsAct holds that a mail exists if and only if the transaction committed, and that the worker
// is woken by the commit: it would look by itself after an hour.
func TestAMailIsPromisedWithItsAct(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		arrived := make(chan struct{}, 1)
		p := serve(t, &postOffice{inData: func(string) { arrived <- struct{}{} }}, nil, false)
		b := open(t, dsn, mail.Options{SMTPURL: p.url(), Poll: time.Hour, Delay: 50 * time.Millisecond})
		b.Now = time.Now
		b.run()
		broken := errors.New("broken")
		err := b.db.InTx(t.Context(), func(ctx context.Context) error {
			return errors.Join(b.Queue(ctx, message("a@example.org")), broken)
		})
		if n := b.count(`SELECT count(*) FROM outbox`); !errors.Is(err, broken) || n != 0 {
			t.Fatalf("%d mails, %v", n, err)
		}
		if err := b.db.InTx(t.Context(), func(ctx context.Context) error { return b.Queue(ctx, message("b@example.org")) }); err != nil {
			t.Fatal(err)
		}
		soon(t, "the worker was woken", arrived)
	})
}

func TestDecoysTellNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		p := serve(t, &postOffice{}, nil, false)
		b := open(t, dsn, mail.Options{SMTPURL: p.url()})
		l := message("ada@example.org")
		l.Decoy, l.Subject = true, "Verify your e-mail address"
		b.queue(l)
		if n := b.deliver(); n != 0 || len(p.deliveries()) != 0 {
			t.Error("it was sent")
		}
		if m := b.only(); m.State != mail.Decoy || m.To != "" || m.Text != "" || m.HTML != "" {
			t.Errorf("%s to %q is kept: %q", m.State, m.To, m.Text)
		}
		real := l
		real.Decoy = false
		b.queue(real)
		if n := b.count(`SELECT count(DISTINCT length(text)) + count(DISTINCT length(html)) FROM outbox`); n != 2 {
			t.Error("it costs less to write")
		}
		dev := b.with(mail.Options{Development: true})
		dev.exec(`DELETE FROM outbox`)
		dev.queue(l)
		if list, err := dev.List(t.Context(), mail.InMailbox); len(list) != 0 || err != nil {
			t.Errorf("%d in the mailbox, %v", len(list), err)
		}
	})
}

func TestWithoutAServer(t *testing.T) {
	dev := open(t, testkit.SQLite(t), mail.Options{Development: true})
	off := dev.with(mail.Options{})
	if off.On() || !dev.On() {
		t.Error("on where it is off")
	}
	off.queue(message("ada@example.org"))
	if n := dev.count(`SELECT count(*) FROM outbox`); n != 0 {
		t.Error("a mail that can never be sent was kept")
	}
	dev.queue(message("ada@example.org"))
	dev.queue(message("bob@example.org"))
	// A worker with a server leaves the mailbox alone.
	if n := dev.with(mail.Options{SMTPURL: "smtp://127.0.0.1:1"}).deliver() + dev.deliver(); n != 0 {
		t.Errorf("%d sent", n)
	}
	list, err := dev.List(t.Context(), mail.InMailbox)
	if err != nil || len(list) != 2 || list[0].To != "ada@example.org" || list[1].To != "bob@example.org" {
		t.Fatalf("%d in the mailbox, %v", len(list), err)
	}
	if m := list[1]; m.State != mail.InMailbox || m.Attempts != 0 || !strings.Contains(m.Text, secret) || !strings.Contains(m.HTML, secret) {
		t.Errorf("%s: %s", m.State, m.Text)
	}
}

// TestNoHeaderCanBeInjected puts line ends into every field, and compares the header of what arrives.
func TestNoHeaderCanBeInjected(t *testing.T) {
	p := serve(t, &postOffice{}, nil, false)
	b := open(t, testkit.SQLite(t), mail.Options{SMTPURL: p.url()})
	b.queue(message("ada@example.org"))
	for _, end := range []string{"\r\n", "\n", "\r", "\r\n\r\n", "\u2028", "\x00\n", "\u0085"} {
		evil := "x" + end + "Bcc: mallory@example.net" + end + "X-Evil: 1" + end + end + "<b>body" + end + "." + end + "MAIL FROM:<m@example.net>"
		l := mail.Message{
			Kind: evil, To: "ada@example.org", Subject: evil, Title: evil, Text: []string{evil}, Facts: []mail.Fact{{Label: evil, Value: evil}},
			Button: evil, Link: "https://example.com/" + evil, After: []string{evil},
		}
		b.queue(l)
		for _, to := range []string{"ada@example.org" + end, "ada@example.org" + end + "Bcc: m@example.net", evil, "a@b" + end + "@example.org", "A <ada@example.org>", ""} {
			l.To = to
			if err := b.Queue(t.Context(), l); err == nil {
				t.Errorf("mail to %q was taken", to)
			}
		}
	}
	n := b.deliver()
	all := p.deliveries()
	if n != len(all) || n != 8 {
		t.Fatalf("%d delivered, %d arrived", n, len(all))
	}
	want := slices.Sorted(maps.Keys(http.Header(parse(t, all[0].message).Header)))
	for _, d := range all {
		if got := slices.Sorted(maps.Keys(http.Header(parse(t, d.message).Header))); !slices.Equal(got, want) || d.to != "ada@example.org" {
			t.Errorf("to %s: %v, want %v", d.to, got, want)
		}
		if head, _, _ := strings.Cut(d.message, "\r\n\r\n"); strings.Contains(head, "\r\nBcc") || strings.Contains(head, "\nX-Evil") {
			t.Errorf("injected:\n%s", head)
		}
		if m := parse(t, d.message); strings.Contains(m.html, "<b>body") || strings.Contains(m.text, "\nX-Evil") {
			t.Errorf("a field began a line or an element of its own:\n%s\n%s", m.text, m.html)
		}
	}
}

// TestAMessageIsSentAfterARandomMoment holds that what the worker writes when it sends a mail does not follow upon the
// commit: the time of somebody's next write would tell a message from a decoy.
func TestAMessageIsSentAfterARandomMoment(t *testing.T) {
	p := serve(t, &postOffice{}, nil, false)
	b := open(t, testkit.SQLite(t), mail.Options{SMTPURL: p.url(), Delay: 2 * time.Second})
	const n = 50
	for range n {
		b.queue(message("ada@example.org"))
	}
	list, err := b.List(t.Context(), mail.Waiting)
	if err != nil || len(list) != n {
		t.Fatalf("%d wait, %v", len(list), err)
	}
	early := 0
	moments := map[time.Duration]bool{}
	for _, m := range list {
		delay := m.Due.Sub(m.At)
		if delay < 0 || delay > 2*time.Second {
			t.Errorf("sent after %s", delay)
		}
		if moments[delay] = true; delay <= time.Second {
			early++
		}
	}
	if len(moments) < n/2 || early == 0 || early == n {
		t.Errorf("not random: %v", moments)
	}
	b.clock.Advance(time.Second)
	if got := b.deliver(); got != early {
		t.Errorf("%d were sent after a second, %d were due", got, early)
	}
	b.clock.Advance(time.Second)
	if got := b.deliver(); got != n-early {
		t.Errorf("%d were sent later, of %d", got, n-early)
	}
}
