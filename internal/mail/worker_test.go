package mail_test

import (
	"bufio"
	"context"
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
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
	"github.com/emersion/go-smtp"
)

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
			one.queue(message(fmt.Sprintf("ada%d@example.org", i)))
		}
		stops := []func(){one.run(), two.run()}
		for one.count(`SELECT count(*) FROM outbox WHERE state = 'waiting'`) > 0 {
			if t.Context().Err() != nil {
				t.Fatal("they do not end")
			}
			time.Sleep(time.Millisecond)
		}
		for _, stop := range stops {
			stop()
		}
		times := map[string]int{}
		for _, d := range p.deliveries() {
			times[d.to]++
		}
		for to, n := range times {
			if n != 1 {
				t.Errorf("%s got %d mails", to, n)
			}
		}
		if n := one.count(`SELECT count(*) FROM outbox WHERE state = 'sent' AND attempts = 1`); len(times) != 40 || n != 40 {
			t.Errorf("%d of 40 arrived, %d were sent at the first attempt", len(times), n)
		}
	})
}

// helperEnv makes the test binary play the process that is killed: it says what to do, on which database, by which server.
const helperEnv = "MAIL_TEST_HELPER"

// TestHelperProcess is no test: it queues a mail and, if asked to, sends it, until it is killed.
func TestHelperProcess(t *testing.T) {
	args := strings.Split(os.Getenv(helperEnv), "\n") // a file's name may have blanks
	if len(args) != 3 {
		return // nobody asked: this is not the process that TestAKillLosesNoMail starts
	}
	db, err := database.Open(t.Context(), args[1])
	if err != nil {
		t.Fatal(err)
	}
	o, err := mail.New(mail.Options{
		DB: db, Log: slog.New(slog.DiscardHandler), Now: time.Now, Site: "Latchwood", SMTPURL: args[2], From: "latchkey@example.com",
		Delay: time.Nanosecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.InTx(t.Context(), func(ctx context.Context) error { return o.Queue(ctx, message("ada@example.org")) }); err != nil {
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
				sending := make(chan struct{}, 1)
				hung := misbehave(t, func(conn net.Conn) {
					r := greet(conn)
					if until(conn, r, "DATA") {
						fmt.Fprint(conn, "354 go on\r\n")
						sending <- struct{}{}
						r.WriteTo(io.Discard) //nolint:errcheck // until it is killed
					}
				})
				b := open(t, dsn, mail.Options{})
				b.exec(`DELETE FROM outbox`)
				child := exec.Command(os.Args[0], "-test.run=^TestHelperProcess$")
				child.Env = append(os.Environ(), helperEnv+"="+when+"\n"+dsn+"\n"+hung)
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
					soon(t, "the child is in mid-message", sending)
				}
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				b.clock.Advance(time.Since(b.clock.Now())) // the time of the child

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

// TestShutdown holds that a conversation under way may end, that one which does not is cut after Grace, and that
// its mail is there for the next process at once.
func TestShutdown(t *testing.T) {
	sending, answer := make(chan struct{}, 2), make(chan struct{})
	p := &postOffice{inData: func(string) { sending <- struct{}{}; <-answer }}
	serve(t, p, nil, false)

	b := open(t, testkit.SQLite(t), mail.Options{SMTPURL: p.url(), Poll: time.Hour, Parallel: 1})
	b.queue(message("ada@example.org"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	soon(t, "the server reads", sending)
	cancel()
	b.queue(message("late@example.org")) // for the next process
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
	short.queue(message("ada@example.org"))
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

// TestTriesEnd tries a mail until it is dead: twelve times in about two days, with one record of it, and once more when
// an operator asks for it.
func TestTriesEnd(t *testing.T) {
	down := true
	p := &postOffice{onRcpt: func(string) error {
		if down {
			return &smtp.SMTPError{Code: 451, Message: "later"}
		}
		return nil
	}}
	b := open(t, testkit.SQLite(t), mail.Options{SMTPURL: serve(t, p, nil, false).url()})
	l := message("ada@example.org")
	l.Expires = b.clock.Now().Add(5 * 24 * time.Hour)
	b.queue(l)
	began := b.clock.Now()
	tries := 0
	for ; b.only().State == mail.Waiting && tries < 20; tries++ {
		b.clock.Advance(b.only().Due.Sub(b.clock.Now()) + time.Millisecond)
		b.deliver()
	}
	took := b.clock.Now().Sub(began)
	if tries != 12 || took < 40*time.Hour || took > 60*time.Hour || b.only().State != mail.Dead {
		t.Errorf("%d tries in %s, %s", tries, took, b.only().State)
	}
	if says := b.log.String(); strings.Count(says, "level=ERROR") != 1 || strings.Count(says, "event=mail.dead") != 1 {
		t.Error(says)
	}
	down = false
	if n := b.deliver(); n != 0 {
		t.Error("a dead mail was sent")
	}
	if err := b.Retry(t.Context(), b.only().ID); err != nil {
		t.Fatal(err)
	}
	if n := b.deliver(); n != 1 || b.only().State != mail.Sent {
		t.Errorf("%d, %s", n, b.only().State)
	}
	if err := b.Retry(t.Context(), b.only().ID); err == nil {
		t.Error("a mail that was sent can be sent again")
	}
}

// TestAServerThatHangsDelaysOneMail delivers many mails while one is stuck. The worker is told once that there is
// something, and would look by itself after an hour.
func TestAServerThatHangsDelaysOneMail(t *testing.T) {
	release, others := make(chan struct{}), make(chan struct{}, 12)
	free := sync.OnceFunc(func() { close(release) })
	defer free()
	p := &postOffice{}
	p.inData = func(to string) {
		if to == "stuck@example.org" {
			<-release
			return
		}
		others <- struct{}{}
	}
	b := open(t, testkit.SQLite(t), mail.Options{SMTPURL: serve(t, p, nil, false).url(), Poll: time.Hour})
	stop := b.run()
	another := b.with(mail.Options{SMTPURL: p.url()}) // which has nobody to wake
	another.queue(message("stuck@example.org"))
	for i := range cap(others) - 1 {
		another.queue(message(fmt.Sprintf("ada%d@example.org", i)))
	}
	b.queue(message("last@example.org"))
	for range cap(others) {
		select {
		case <-others:
		case <-time.After(30 * time.Second):
			t.Fatal("the others wait for the one that is stuck")
		}
	}
	free()
	stop() // which lets the conversation end
	if n := len(p.deliveries()); n != cap(others)+1 {
		t.Errorf("%d arrived", n)
	}
}
