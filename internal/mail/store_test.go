package mail_test

import (
	"errors"
	"testing"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

func TestRetryAndSweep(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		b := open(t, dsn, mail.Options{Development: true})
		states := []string{mail.Waiting, mail.Sent, mail.Dead, mail.Expired, mail.Decoy, mail.InMailbox}
		for _, state := range states {
			l := message(state + "@example.org")
			l.Expires = b.clock.Now().Add(24 * time.Hour)
			b.queue(l)
			b.exec(`UPDATE outbox SET state = $1, attempts = 3 WHERE recipient = $2`, state, l.To)
		}
		byState := func(state string) mail.Mail {
			list, err := b.List(t.Context(), state)
			if err != nil || len(list) != 1 {
				t.Fatalf("%d %s, %v", len(list), state, err)
			}
			return list[0]
		}
		for _, state := range states {
			if m := byState(state); state != mail.Dead {
				if err := b.Retry(t.Context(), m.ID); !errors.Is(err, fault.NotFound) {
					t.Errorf("retry of a mail that is %s: %v", state, err)
				}
			}
		}
		dead := byState(mail.Dead)
		for _, id := range []string{dead.ID, "all"} {
			if err := b.Retry(t.Context(), id); err != nil {
				t.Error(err)
			}
			if n := b.count(`SELECT count(*) FROM outbox WHERE id = $1 AND state = 'waiting' AND attempts = 0`, dead.ID); n != 1 {
				t.Errorf("retry %s did nothing", id)
			}
			b.exec(`UPDATE outbox SET state = 'dead' WHERE id = $1`, dead.ID)
		}

		sweep := func() int64 {
			n, err := b.Sweep(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		b.exec(`UPDATE outbox SET ended_at = $1 WHERE state <> 'waiting'`, b.clock.Now().UnixMilli())
		b.clock.Advance(25 * time.Hour)
		if n := sweep(); n != 1 || byState(mail.Dead).Text != "" { // the decoy
			t.Errorf("%d swept; a dead mail whose link ran out keeps its text", n)
		}
		if err := b.Retry(t.Context(), dead.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("there is nothing left to send: %v", err)
		}
		b.clock.Advance(7 * 24 * time.Hour)
		if n := sweep(); n != 3 {
			t.Errorf("%d swept after a week", n)
		}
		b.clock.Advance(24 * 24 * time.Hour)
		if n := sweep(); n != 1 {
			t.Errorf("%d swept after a month", n)
		}
		for range 201 {
			b.queue(message("ada@example.org"))
		}
		b.clock.Advance(8 * 24 * time.Hour)
		if n := sweep(); n != 200 {
			t.Errorf("%d swept in one go", n)
		}
	})
}
