package mail_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

// TestAMailIsPromisedWithItsAct holds that a mail exists if and only if the transaction committed, and that the worker
// is woken by the commit: it would look by itself after an hour.
func TestAMailIsPromisedWithItsAct(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		arrived := make(chan struct{}, 1)
		p := serve(t, &postOffice{inData: func(string) { arrived <- struct{}{} }}, nil, false)
		b := open(t, dsn, mail.Options{SMTPURL: p.url(), Poll: time.Hour})
		b.run()
		broken := errors.New("broken")
		err := b.db.InTx(t.Context(), func(ctx context.Context) error {
			return errors.Join(b.Queue(ctx, letter("a@example.org")), broken)
		})
		if n := b.count(`SELECT count(*) FROM outbox`); !errors.Is(err, broken) || n != 0 {
			t.Fatalf("%d mails, %v", n, err)
		}
		if err := b.db.InTx(t.Context(), func(ctx context.Context) error { return b.Queue(ctx, letter("b@example.org")) }); err != nil {
			t.Fatal(err)
		}
		soon(t, "the worker was woken", arrived)
	})
}

// TestTwoInstancesSendEachMailOnce lets two workers race for 40 mails, each of which takes a moment.
func TestTwoInstancesSendEachMailOnce(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		p := serve(t, &postOffice{}, nil, false)
		one := open(t, dsn, mail.Options{SMTPURL: p.url()})
		db, err := database.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		behind := *one
		behind.db = db // the other instance has connections of its own
		two := behind.with(mail.Options{SMTPURL: p.url()})
		for i := range 40 {
			one.queue(letter(fmt.Sprintf("ada%d@example.org", i)))
		}
		var wg sync.WaitGroup
		var counts [2]int
		for i, b := range []*box{one, two} {
			wg.Go(func() {
				n, err := b.Deliver(context.Background())
				if err != nil {
					t.Error(err)
				}
				counts[i] = n
			})
		}
		wg.Wait()
		times := map[string]int{}
		for _, d := range p.deliveries() {
			times[d.to]++
		}
		for to, n := range times {
			if n != 1 {
				t.Errorf("%s got %d mails", to, n)
			}
		}
		if left := one.count(`SELECT count(*) FROM outbox WHERE state <> 'sent'`); len(times) != 40 || left != 0 || counts[0]+counts[1] != 40 {
			t.Errorf("%d of 40 arrived, %d are left", len(times), left)
		}
		t.Logf("one sent %d, the other %d", counts[0], counts[1])
	})
}

// helperEnv makes the test binary play the process that is killed: it says what to do, on which database, by which server.
const helperEnv = "MAIL_TEST_HELPER"

// TestHelperProcess is no test: it queues a mail and, if asked to, sends it, until it is killed.
func TestHelperProcess(t *testing.T) {
	args := strings.Split(os.Getenv(helperEnv), " ")
	if len(args) != 3 {
		t.Skip("only for TestAKillLosesNoMail")
	}
	db, err := database.Open(t.Context(), args[1])
	if err != nil {
		t.Fatal(err)
	}
	o, err := mail.New(mail.Options{
		DB: db, Log: slog.New(slog.DiscardHandler), Now: time.Now, Site: "Latchkey", SMTPURL: args[2], From: "latchkey@example.com",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.InTx(t.Context(), func(ctx context.Context) error { return o.Queue(ctx, letter("ada@example.org")) }); err != nil {
		t.Fatal(err)
	}
	fmt.Println("\nqueued")
	if args[0] == "send" {
		o.Run(t.Context())
	}
	select {}
}

// TestAKillLosesNoMail kills a process after it promised a mail: before it began to send it, and in mid-message.
func TestAKillLosesNoMail(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		for _, when := range []string{"queue", "send"} {
			t.Run(when, func(t *testing.T) {
				talking := make(chan struct{}, 1)
				hung := misbehave(t, func(conn net.Conn) {
					r := greet(conn)
					if until(conn, r, "DATA") {
						fmt.Fprint(conn, "354 go on\r\n")
						talking <- struct{}{}
						r.WriteTo(io.Discard) //nolint:errcheck // until it is killed
					}
				})
				b := open(t, dsn, mail.Options{})
				b.exec(`DELETE FROM outbox`)
				child := exec.Command(os.Args[0], "-test.run=^TestHelperProcess$")
				child.Env = append(os.Environ(), helperEnv+"="+when+" "+dsn+" "+hung)
				out, err := child.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := child.Start(); err != nil {
					t.Fatal(err)
				}
				defer child.Wait()         //nolint:errcheck // it was killed
				defer child.Process.Kill() //nolint:errcheck // it may be gone
				queued := false
				for lines := bufio.NewScanner(out); !queued && lines.Scan(); {
					queued = lines.Text() == "queued"
				}
				if !queued {
					t.Fatal("the child did not queue")
				}
				if when == "send" {
					soon(t, "the child is in mid-message", talking)
				}
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}

				p := serve(t, &postOffice{}, nil, false)
				again := b.with(mail.Options{SMTPURL: p.url()})
				n := again.deliver()
				if when == "send" {
					if n != 0 {
						t.Error("it was sent while the lease of the other lasted")
					}
					b.clock.Advance(2*time.Minute + time.Second)
					n = again.deliver()
				}
				all := p.deliveries()
				if n != 1 || len(all) != 1 || all[0].to != "ada@example.org" || b.only().State != mail.Sent {
					t.Fatalf("%d delivered: %+v", n, all)
				}
				if got := parse(t, all[0].message).Get("Message-Id"); got != "<"+b.only().ID+"@example.com>" {
					t.Errorf("Message-ID %s: the same mail cannot be recognised", got)
				}
			})
		}
	})
}

func TestAMailWhoseLinkRanOutIsNotSent(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		p := serve(t, &postOffice{}, nil, false)
		b := open(t, dsn, mail.Options{SMTPURL: p.url()})
		l := letter("ada@example.org")
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
		b.queue(letter("ada@example.org"))
		b.clock.Advance(3*24*time.Hour + time.Second)
		if n := b.deliver(); n != 0 {
			t.Error("it was sent after three days")
		}
		if says := b.log.String(); strings.Count(says, "event=mail.expired") != 2 || strings.Contains(says, "ada@") {
			t.Errorf("the log says %s", says)
		}
	})
}

// TestShutdown holds that a conversation under way may end, that one which does not is cut after Grace, and that
// its mail is there for the next process at once.
func TestShutdown(t *testing.T) {
	talking, answer := make(chan struct{}, 2), make(chan struct{})
	p := &postOffice{inData: func(string) { talking <- struct{}{}; <-answer }}
	serve(t, p, nil, false)

	b := open(t, testkit.SQLite(t), mail.Options{SMTPURL: p.url(), Poll: time.Hour, Parallel: 1})
	b.queue(letter("ada@example.org"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	soon(t, "the server reads", talking)
	cancel()
	b.queue(letter("late@example.org")) // for the next process
	close(answer)
	soon(t, "the worker ends", done)
	if n := b.count(`SELECT count(*) FROM outbox WHERE state = 'sent'`); n != 1 || len(p.deliveries()) != 1 {
		t.Errorf("%d are sent", n)
	}
	b.exec(`DELETE FROM outbox`)

	hung := make(chan struct{}, 1)
	short := b.with(mail.Options{SMTPURL: misbehave(t, func(conn net.Conn) {
		hung <- struct{}{}
		io.Copy(io.Discard, conn) //nolint:errcheck // until it is cut
	}), Poll: time.Hour, Grace: time.Millisecond})
	short.queue(letter("ada@example.org"))
	stop := short.run()
	soon(t, "the server hangs", hung)
	ended := make(chan struct{})
	go func() { defer close(ended); stop() }()
	soon(t, "the worker cuts what hangs", ended)
	if n := b.count(`SELECT count(*) FROM outbox WHERE state = 'waiting' AND lease = '' AND leased_until = 0`); n != 1 {
		t.Error("the lease was not given back")
	}
	if n := b.deliver(); n != 1 {
		t.Error("the next process cannot send it at once")
	}
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
			b.exec(`UPDATE outbox SET lease = 'of another', leased_until = 9999999999999 WHERE recipient = $1`, to)
		}}
		serve(t, p, nil, false)
		b = open(t, dsn, mail.Options{SMTPURL: p.url()})
		b.exec(`INSERT INTO users (id, email, email_key, name, role, password_hash, password_changed_at, created_at, disabled_at)
			VALUES ('u', 'e', 'e', '', '', '', 0, 0, 0)`)
		l := letter("erased@example.org")
		l.UserID = "u"
		b.queue(l)
		b.queue(letter("other@example.org"))
		b.deliver()
		m := b.only()
		if m.State != mail.Waiting || m.Text == "" || m.To != "other@example.org" {
			t.Errorf("%s to %s was changed by one who does not have it any more", m.State, m.To)
		}
	})
}

func TestVoidLettersTellNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		p := serve(t, &postOffice{}, nil, false)
		b := open(t, dsn, mail.Options{SMTPURL: p.url()})
		l := letter("ada@example.org")
		l.Decoy, l.Subject = true, "Is this your address?"
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
		if list, err := dev.Mailbox(t.Context()); len(list) != 0 || err != nil {
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
	off.queue(letter("ada@example.org"))
	if n := dev.count(`SELECT count(*) FROM outbox`); n != 0 {
		t.Error("a mail that can never be sent was kept")
	}
	dev.queue(letter("ada@example.org"))
	dev.queue(letter("bob@example.org"))
	// A worker with a server leaves the mailbox alone.
	if n := dev.with(mail.Options{SMTPURL: "smtp://127.0.0.1:1"}).deliver() + dev.deliver(); n != 0 {
		t.Errorf("%d sent", n)
	}
	list, err := dev.Mailbox(t.Context())
	if err != nil || len(list) != 2 || list[0].To != "ada@example.org" || list[1].To != "bob@example.org" {
		t.Fatalf("%d in the mailbox, %v", len(list), err)
	}
	if m := list[1]; m.State != mail.InMailbox || m.Attempts != 0 || !strings.Contains(m.Text, secret) || !strings.Contains(m.HTML, secret) {
		t.Errorf("%s: %s", m.State, m.Text)
	}
}

func TestRetryAndSweep(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		b := open(t, dsn, mail.Options{Development: true})
		states := []string{mail.Waiting, mail.Sent, mail.Dead, mail.Expired, mail.Decoy, mail.InMailbox}
		for _, state := range states {
			l := letter(state + "@example.org")
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
		if n := sweep(); n != 1 || byState(mail.Dead).Text != "" { // the void one
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
			b.queue(letter("ada@example.org"))
		}
		b.clock.Advance(8 * 24 * time.Hour)
		if n := sweep(); n != 200 {
			t.Errorf("%d swept in one go", n)
		}
	})
}
