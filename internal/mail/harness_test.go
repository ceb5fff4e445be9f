package mail_test

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

// A box is an outbox on a database of its own.
type box struct {
	*mail.Outbox
	t     *testing.T
	db    *database.DB
	clock *clock
	log   *testkit.Log
}

// A clock stands still until it is moved, so that nothing comes due because the machine is slow.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock, back if d is negative.
func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// open opens an outbox. Options that are not given are those of tests.
func open(t *testing.T, dsn string, o mail.Options) *box {
	t.Helper()
	b := &box{t: t, clock: &clock{now: time.Now()}, log: &testkit.Log{}, db: testkit.DB(t, dsn)}
	return b.with(o)
}

// with returns another outbox on the same database, as another instance has one.
func (b *box) with(o mail.Options) *box {
	b.t.Helper()
	o.DB, o.Now, o.Site = b.db, b.clock.Now, "Latchwood"
	o.Log = slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.From = cmp.Or(o.From, "Latchwood <latchkey@example.com>")
	o.Delay = cmp.Or(o.Delay, time.Nanosecond)
	other := *b
	var err error
	if other.Outbox, err = mail.New(o); err != nil {
		b.t.Fatal(err)
	}
	return &other
}

func (b *box) queue(l mail.Message) {
	b.t.Helper()
	if err := b.Queue(b.t.Context(), l); err != nil {
		b.t.Fatal(err)
	}
}

// deliver sends what is due, and returns how many mails a server accepted.
func (b *box) deliver() int {
	b.t.Helper()
	const sent = `SELECT count(*) FROM outbox WHERE state = 'sent'`
	before := b.count(sent)
	if err := b.SendDue(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return b.count(sent) - before
}

// only returns the one mail of the outbox.
func (b *box) only() mail.Mail {
	b.t.Helper()
	list, err := b.List(b.t.Context(), "")
	if err != nil || len(list) != 1 {
		b.t.Fatalf("%d mails, %v", len(list), err)
	}
	return list[0]
}

func (b *box) exec(query string, args ...any) {
	b.t.Helper()
	if _, err := b.db.ExecContext(b.t.Context(), query, args...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *box) count(query string, args ...any) (n int) {
	b.t.Helper()
	if err := b.db.QueryRowContext(b.t.Context(), query, args...).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// run runs the worker until stop is called, which returns when it has ended.
func (b *box) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	b.t.Cleanup(stop)
	return stop
}

// soon fails the test if the channel is not closed in good time: a bound for what hangs, not a measure.
func soon(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(30 * time.Second):
		t.Fatal("never: " + what)
	}
}

// secret must not be left anywhere once a message was sent.
const secret = "S3CRETtoken"

func message(to string) mail.Message {
	return mail.Message{
		Kind: "verify", To: to, Subject: "Is this your address? Grüße", Title: "Verify your e-mail address",
		Text:   []string{"Hello Ada, somebody registered with this address. If that was you, press the button to finish: it takes a second."},
		Facts:  []mail.Fact{{Label: "Device", Value: "Firefox on Linux"}, {Label: "When", Value: "24 November 2026, 09:12 UTC"}},
		Button: "Yes, this is my address", Link: "https://example.com/verify-email?token=" + secret + "&x=1",
		After: []string{"The link works once, for 24 hours."},
	}
}
