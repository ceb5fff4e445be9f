package mail_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/migrations"
)

// A box is an outbox on a database of its own.
type box struct {
	*mail.Outbox
	t     *testing.T
	db    *database.DB
	clock *testkit.Clock
	log   *testkit.Log
}

// open opens an outbox. Options that are not given are those of tests.
func open(t *testing.T, dsn string, o mail.Options) *box {
	t.Helper()
	b := &box{t: t, clock: &testkit.Clock{}, log: &testkit.Log{}}
	var err error
	if b.db, err = database.Open(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.db.Close() })
	if _, err := b.db.Migrate(t.Context(), migrations.Files); err != nil {
		t.Fatal(err)
	}
	return b.with(o)
}

// with returns another outbox on the same database, as another instance has one.
func (b *box) with(o mail.Options) *box {
	b.t.Helper()
	o.DB, o.Now, o.Site = b.db, b.clock.Now, "Latchkey"
	o.Log = slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if o.From == "" {
		o.From = "Latchkey <latchkey@example.com>"
	}
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

func (b *box) deliver() int {
	b.t.Helper()
	n, err := b.Deliver(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return n
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

// secret is what must not be left anywhere once a letter was sent.
const secret = "S3CRETtoken"

func letter(to string) mail.Message {
	return mail.Message{
		Kind: "verify", To: to, Subject: "Is this your address? Grüße", Title: "Is this your address?",
		Text:   []string{"Hello Ada, somebody registered with this address. If that was you, press the button to finish: it takes a second."},
		Facts:  []mail.Fact{{Label: "Device", Value: "Firefox on Linux"}, {Label: "When", Value: "24 November 2026, 09:12 UTC"}},
		Button: "Yes, this is my address", Link: "https://example.com/verify-email?token=" + secret + "&x=1",
		After: []string{"The link works once, for 24 hours."},
	}
}

// A postOffice is an SMTP server.
type postOffice struct {
	addr string

	mu      sync.Mutex
	arrived []delivery
	// onRcpt and onData say what is answered to a recipient and to a message; nil accepts.
	onRcpt, onData func(to string) error
	// inData is told when the server has read a message and has not answered yet.
	inData func(to string)
	user   string // with whom AUTH succeeds
	logins int
}

// A delivery is a message that was taken.
type delivery struct {
	from, to string
	message  string
	tls      bool
}

// serve starts a server on loopback; wrap and config may be nil.
func serve(t *testing.T, p *postOffice, config *tls.Config, implicit bool) *postOffice {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{p: p, c: c}, nil }))
	s.Domain, s.AllowInsecureAuth, s.ErrorLog = "localhost", true, log.New(io.Discard, "", 0)
	s.EnableSMTPUTF8 = true
	if implicit {
		l = tls.NewListener(l, config)
	} else {
		s.TLSConfig = config
	}
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(l) }()      //nolint:errcheck // it ends with Close
	t.Cleanup(func() { s.Close(); l.Close(); <-done }) // Close knows no listener that Serve has not come to yet
	return p
}

func (p *postOffice) url() string { return "smtp://" + p.addr }

func (p *postOffice) deliveries() []delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]delivery(nil), p.arrived...)
}

type session struct {
	p        *postOffice
	c        *smtp.Conn
	from, to string
	loggedIn bool
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

func (s *session) Auth(mech string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.p.user || password != "pass:word" {
			return smtp.ErrAuthFailed
		}
		s.loggedIn = true
		s.p.mu.Lock()
		defer s.p.mu.Unlock()
		s.p.logins++
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.p.user != "" && !s.loggedIn {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	if s.p.onRcpt != nil {
		return s.p.onRcpt(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	message, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.p.inData != nil {
		s.p.inData(s.to)
	}
	if s.p.onData != nil {
		if err := s.p.onData(s.to); err != nil {
			return err
		}
	}
	_, encrypted := s.c.TLSConnectionState()
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.arrived = append(s.p.arrived, delivery{s.from, s.to, string(message), encrypted})
	return nil
}

// misbehave starts a server that does with each connection what it likes.
func misbehave(t *testing.T, with func(conn net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { defer conn.Close(); with(conn) })
		}
	}()
	t.Cleanup(func() { l.Close(); <-done; conns.Wait() })
	return "smtp://" + l.Addr().String()
}

// until reads lines until one begins with the word, and answers the others with 250.
func until(conn net.Conn, r *bufio.Reader, word string) bool {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if strings.HasPrefix(line, word) {
			return true
		}
		io.WriteString(conn, "250 fine\r\n") //nolint:errcheck // the next read tells
	}
}

// A parsed message is what a mail client sees.
type parsed struct {
	netmail.Header
	text, html string
}

func parse(t *testing.T, message string) parsed {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(message))
	if err != nil {
		t.Fatalf("%v\n%s", err, message)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s %v", kind, err)
	}
	p := parsed{Header: m.Header}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return p
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := part.Header.Get("Content-Transfer-Encoding"); got != "quoted-printable" {
			t.Fatalf("encoded as %q", got)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		switch part.Header.Get("Content-Type") {
		case "text/plain; charset=UTF-8":
			if p.html != "" {
				t.Error("the plain part must come first: clients show the last that they understand")
			}
			p.text = strings.ReplaceAll(string(body), "\r\n", "\n")
		case "text/html; charset=UTF-8":
			p.html = string(body)
		default:
			t.Errorf("a part of type %q", part.Header.Get("Content-Type"))
		}
	}
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

// run runs the worker until stop is called, which returns when it has ended.
func (b *box) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	b.t.Cleanup(stop)
	return stop
}
