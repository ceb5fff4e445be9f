package mail_test

import (
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
	"github.com/emersion/go-smtp"
)

func TestAMailWhoseLinkEndedIsNotSent(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		p := serve(t, &postOffice{}, nil, false)
		b := open(t, dsn, mail.Options{SMTPURL: p.url()})
		l := message("ada@example.org")
		l.Expires = b.clock.Now().Add(time.Hour)
		b.queue(l)
		l.Expires = time.Time{}
		b.queue(l) // without a link of its own it is worth sending for three days
		b.clock.Advance(2 * time.Hour)
		if n := b.deliver(); n != 1 || len(p.deliveries()) != 1 {
			t.Errorf("%d delivered", n)
		}
		if n := b.count(`SELECT count(*) FROM outbox WHERE state = 'expired' AND text = '' AND html = '' AND recipient = ''`); n != 1 {
			t.Errorf("%d expired and blanked", n)
		}
		b.queue(message("ada@example.org"))
		b.clock.Advance(3*24*time.Hour + time.Second)
		if n := b.deliver(); n != 0 {
			t.Error("it was sent after three days")
		}
		if says := b.log.String(); strings.Count(says, "event=mail.expired") != 2 || strings.Contains(says, "ada@") {
			t.Errorf("the log says %s", says)
		}
	})
}

// TestALostLeaseChangesNothing lets a mail change hands, and another be erased with its account, while they are sent.
func TestALostLeaseChangesNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		var b *box
		p := &postOffice{inData: func(to string) {
			if to == "erased@example.org" {
				b.exec(`DELETE FROM users`)
				return
			}
			b.exec(`UPDATE outbox SET lease = 'of another', leased_until = $1 WHERE recipient = $2`, time.Now().Add(30*time.Second).UnixMilli(), to)
		}}
		serve(t, p, nil, false)
		b = open(t, dsn, mail.Options{SMTPURL: p.url()})
		b.exec(`INSERT INTO users (id, email, email_key, name, role, password_hash, password_changed_at, created_at, disabled_at)
			VALUES ('u', 'e', 'e', '', '', '', 0, 0, 0)`)
		l := message("erased@example.org")
		l.UserID = "u"
		b.queue(l)
		b.queue(message("other@example.org"))
		b.deliver()
		m := b.only()
		if m.State != mail.Waiting || m.Text == "" || m.To != "other@example.org" {
			t.Errorf("%s to %s was changed by one who does not have it any more", m.State, m.To)
		}
	})
}

// TestAClockThatIsPutBack holds that no mail waits for a time that was set by a clock a day ahead: not for its first
// attempt, not for its next, and not for the end of a lease.
func TestAClockThatIsPutBack(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		down := true
		p := serve(t, &postOffice{onRcpt: func(string) error {
			if down {
				return &smtp.SMTPError{Code: 451, Message: "later"}
			}
			return nil
		}}, nil, false)
		b := open(t, dsn, mail.Options{SMTPURL: p.url(), Delay: 2 * time.Second})
		day := 24 * time.Hour
		b.clock.Advance(day)
		b.queue(message("failed@example.org"))
		b.clock.Advance(2 * time.Second)
		b.deliver()
		b.queue(message("leased@example.org"))
		b.exec(`UPDATE outbox SET lease = 'of the dead', leased_until = $1 WHERE recipient = 'leased@example.org'`, b.clock.Now().Add(30*time.Second).UnixMilli())
		b.queue(message("new@example.org"))
		b.clock.Advance(-day)
		down = false
		if n := b.deliver(); n != 3 {
			t.Errorf("%d of 3 were sent: %s", n, b.log)
		}

		// What this clock has set itself is believed.
		b.queue(message("later@example.org"))
		b.exec(`UPDATE outbox SET attempts = 11, due_at = $1 WHERE state = 'waiting'`, b.clock.Now().Add(21*time.Hour).UnixMilli())
		if n := b.deliver(); n != 0 {
			t.Error("the twelfth attempt was made a day early")
		}
		b.exec(`UPDATE outbox SET due_at = 0, leased_until = $1 WHERE state = 'waiting'`, b.clock.Now().Add(59*time.Second).UnixMilli())
		if n := b.deliver(); n != 0 {
			t.Error("the lease of an instance whose clock is fast was not respected")
		}
	})
}
