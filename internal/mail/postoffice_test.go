package mail_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

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
	helo     string
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

func (s *session) Reset() {}

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
	s.p.arrived = append(s.p.arrived, delivery{s.c.Hostname(), s.from, s.to, string(message), encrypted})
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

// greet begins a conversation as servers do.
func greet(conn net.Conn) *bufio.Reader {
	io.WriteString(conn, "220 here\r\n") //nolint:errcheck // the next read tells
	return bufio.NewReader(conn)
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
