package app_test

import (
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"example.com/latchkey/internal/testkit"
)

// A postOffice is an SMTP server that takes everything, and tells to whom.
type postOffice chan string

func (p postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return p, nil }

func (p postOffice) Reset()                               {}
func (p postOffice) Logout() error                        { return nil }
func (p postOffice) Mail(string, *smtp.MailOptions) error { return nil }

func (p postOffice) Rcpt(to string, _ *smtp.RcptOptions) error {
	p <- to
	return nil
}

func (p postOffice) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

// gets fails the test if not just these mails come.
func (p postOffice) gets(t *testing.T, want []string) {
	t.Helper()
	var got []string
	for range want {
		select {
		case to := <-p:
			got = append(got, to)
		case <-time.After(30 * time.Second): // a bound for what never comes
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("mails came to %v, want %v", got, want)
	}
}

// listen opens a listener on loopback, and returns it with the setting that leads there.
func listen(t *testing.T) (net.Listener, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, "SMTP_URL=smtp://" + l.Addr().String()
}

// hold accepts and never says a word. It tells of each conversation that began, and of each that the caller gave up,
// until hangUp ends them all.
func hold(l net.Listener) (began, ended chan bool, hangUp func()) {
	began, ended = make(chan bool, 100), make(chan bool, 100)
	over := make(chan bool)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			began <- true
			go func() {
				conn.Read(make([]byte, 1)) //nolint:errcheck // it returns when the caller hangs up, who must not speak first
				ended <- true
			}()
			go func() {
				<-over
				conn.Close()
			}()
		}
	}()
	return began, ended, func() { close(over) }
}

const (
	ann   = "ann@example.org"
	other = "other@example.org"
	fresh = "new@example.org"
)

// promise does everything that promises a mail, and returns what the visitor is told, but for what differs anyway.
func promise(k *testkit.Kit) string {
	in := k.Browser().LogIn(ann)
	var told strings.Builder
	for _, c := range []struct {
		by     *testkit.Browser
		path   string
		fields []string
	}{
		{k.Browser(), "/register", []string{"email", fresh, "password", testkit.Password}},
		{k.Browser(), "/register", []string{"email", ann, "password", testkit.Password}}, // is taken
		{k.Browser(), "/password/forgot", []string{"email", ann}},
		{k.Browser(), "/password/forgot", []string{"email", "nobody@example.org"}},
		{in, "/account/email", []string{"email", other}},
	} {
		p := c.by.Post(c.path, c.fields...)
		fmt.Fprintf(&told, "POST %s: %d to %q, and there %d (%v)\n", c.path, p.Status, p.To, c.by.Follow(p).Status, p.Err)
		for _, name := range slices.Sorted(maps.Keys(p.Header)) {
			if name == "Date" || name == "Set-Cookie" {
				fmt.Fprintln(&told, name, len(p.Header[name]))
			} else {
				fmt.Fprintln(&told, name, p.Header[name])
			}
		}
	}
	return told.String()
}

// TestTheAnswerNeverWaitsForMail makes the same promises with an SMTP server that works, with one that hangs, and with
// none: the answers are the same, and they come while the conversations still hang. The mails come when a server does.
func TestTheAnswerNeverWaitsForMail(t *testing.T) {
	t.Run("open", func(t *testing.T) { // to ann: of the log in, and twice of the forgotten password
		neverWaits(t, "open", testkit.SQLite(t), []string{ann, ann, ann, fresh, other})
	})
	t.Run("verify", func(t *testing.T) { // and that her address was used
		testkit.Databases(t, func(t *testing.T, dsn string) {
			neverWaits(t, "verify", dsn, []string{ann, ann, ann, ann, fresh, other})
		})
	})
}

func neverWaits(t *testing.T, registration, dsn string, mails []string) {
	start := func(settings ...string) *testkit.Kit {
		k := testkit.Start(t, append(settings, "REGISTRATION="+registration)...)
		if k.Count(`SELECT count(*) FROM users`) == 0 {
			testkit.Add(t, k, ann)
		}
		k.Browser().Post("/password/forgot", "email", ann) // the worker has something to do when the others come
		return k
	}
	office := make(postOffice, 100)
	l, works := listen(t)
	server := smtp.NewServer(office)
	server.Domain, server.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	go server.Serve(l) //nolint:errcheck // it ends with Close
	t.Cleanup(func() { server.Close() })
	want := promise(start(works))
	office.gets(t, mails)

	l, closed := listen(t)
	l.Close()
	if got := promise(start(closed)); got != want {
		t.Errorf("without a server it says\n%s\nand with one\n%s", got, want)
	}

	l, silent := listen(t)
	began, ended, hangUp := hold(l)
	k := start(silent, "DATABASE_URL="+dsn)
	<-began
	if got := promise(k); got != want {
		t.Errorf("with a server that hangs it says\n%s\nand with one that works\n%s", got, want)
	}
	select {
	case <-ended:
		t.Error("a conversation was over before the answers came")
	default:
	}
	hangUp()
	k.Stop()

	again := start(works, "DATABASE_URL="+dsn)
	again.Exec(`UPDATE outbox SET due_at = 1`) // the pause after a failure is over: the worker looks by itself
	office.gets(t, append([]string{ann}, mails...))
}
