package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"example.com/latchkey/internal/database"
)

// A server is what SMTP_URL names.
type server struct {
	host           string
	port           int
	implicit       bool // TLS from the first byte
	user, password string
	tls            *tls.Config
}

// newServer reads SMTP_URL. Without a port it is 465 for smtps, 587 for smtp with credentials, else 25.
func newServer(raw string, roots *x509.CertPool) (*server, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("SMTP_URL is not smtp:// or smtps:// and a host")
	}
	s := &server{host: u.Hostname(), implicit: u.Scheme == "smtps", user: u.User.Username()}
	s.password, _ = u.User.Password()
	switch {
	case u.Port() != "":
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil {
			return nil, fmt.Errorf("SMTP_URL: port %q is none", u.Port())
		}
		s.port = int(port)
	case s.implicit:
		s.port = 465
	case s.user != "":
		s.port = 587
	default:
		s.port = 25
	}
	s.tls = &tls.Config{
		ServerName: s.host, RootCAs: roots, MinVersion: tls.VersionTLS12,
		// Where plain text would do as well, a certificate proves nothing: whoever could present a false one could
		// also take STARTTLS out of the server's answer. Encrypting is still better than not (RFC 7435).
		InsecureSkipVerify: !s.implicit && !s.demandsTLS(),
	}
	return s, nil
}

// demandsTLS reports whether nothing is said to the server before the connection is encrypted: a password is at stake.
func (s *server) demandsTLS() bool { return s.implicit || s.user != "" && !loopback(s.host) }

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || host == "localhost"
}

// options are what go-mail is told of the server.
func (s *server) options() []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTLSConfig(s.tls), gomail.WithoutNoop(), gomail.WithoutRset(),
		// Our addresses are ASCII. To ask for SMTPUTF8 would make servers further on refuse the mail.
		gomail.WithoutSMTPUTF8(),
	}
	switch {
	case s.implicit:
		options = append(options, gomail.WithSSL())
	case s.demandsTLS():
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if s.user == "" {
		return options
	}
	ways := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5}
	if !s.demandsTLS() {
		ways = []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthCramMD5, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	return append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password), gomail.WithOpportunisticSMTPAuth(ways...))
}

// byeTime is how long the server may take to say goodbye after it has taken the mail.
const byeTime = 2 * time.Second

// talk hands the mail to the server. It returns nil as soon as the server has taken it: then bye ends the conversation,
// after the outbox knows. It takes at most DialTimeout and TalkTimeout together, whatever the server does.
func (o *Outbox) talk(ctx context.Context, m Mail) (bye func(), err error) {
	database.NotInTx(ctx, "SMTP")
	msg, err := o.message(m)
	if err != nil {
		return nil, &unsendable{err}
	}
	limit := o.DialTimeout + o.TalkTimeout
	ctx, hangUp := context.WithTimeout(ctx, limit) // the connection closes when this ends
	defer func() {
		if err == nil {
			return
		}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
			err = fmt.Errorf("no end after %s: %w", limit, err)
		}
		hangUp()
	}()
	dial := func(_ context.Context, network, address string) (net.Conn, error) {
		short, cancel := context.WithTimeout(ctx, o.DialTimeout)
		defer cancel()
		conn, err := (&net.Dialer{}).DialContext(short, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { conn.Close() }) //nolint:errcheck // nothing more is expected of it
		if !o.server.implicit {
			return conn, nil
		}
		encrypted := tls.Client(conn, o.server.tls)
		return encrypted, encrypted.HandshakeContext(short)
	}
	// The sender's domain is a full name, which our machine's need not be.
	_, domain, _ := strings.Cut(o.from.Address, "@")
	client, err := gomail.NewClient(o.server.host, append(o.server.options(),
		gomail.WithTimeout(limit), gomail.WithHELO(domain), gomail.WithDialContextFunc(dial))...)
	if err != nil {
		return nil, err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, err
	}
	if err := client.SendWithSMTPClient(session, msg); err != nil && !msg.IsDelivered() {
		return nil, err
	}
	return func() {
		defer hangUp()
		if session.UpdateDeadline(byeTime) == nil {
			session.Quit() //nolint:errcheck // the mail is delivered
		}
	}, nil
}

// message makes the mail that goes over the wire. It is the same at every try, its Message-ID included, so that
// a mail that arrived twice can be recognised.
func (o *Outbox) message(m Mail) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(o.from)
	if err := msg.To(m.To); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(o.from.Address, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetDateWithValue(m.At)
	msg.Subject(m.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834, 5: no answers from machines on holiday
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}

// unsendable is the failure of a mail that no server would be asked to take.
type unsendable struct{ error }

// verdict says whether an error is for good, and what to keep of it. Only an answer to this mail (MAIL, RCPT, DATA)
// is: a server that refuses our password or has no room for a connection says nothing about the mail.
func verdict(m Mail, err error) (words string, forGood bool) {
	words = err.Error()
	if _, ok := errors.AsType[*unsendable](err); ok {
		return withoutSecrets(m, words), true
	}
	if answer, ok := errors.AsType[*gomail.SendError](err); ok {
		forGood = answer.ErrorCode() >= 500
		words, _, _ = strings.Cut(words, ", affected ") // the recipient and the Message-ID
	}
	return withoutSecrets(m, words), forGood
}

// maxError is how many characters of an error are kept.
const maxError = 255

// withoutSecrets returns one line of an error, without the words that may be an address or a link: servers like to
// repeat what they do not like.
func withoutSecrets(m Mail, words string) string {
	local, _, _ := strings.Cut(m.To, "@")
	list := strings.Fields(oneLine(words))
	for i, word := range list {
		bare := strings.Trim(word, `<>()[]"',;:.`)
		if strings.ContainsAny(word, "@/=%&?") || len(word) > 40 || strings.EqualFold(bare, local) {
			list[i] = "…"
		}
	}
	text := []rune(strings.Join(list, " "))
	return string(text[:min(len(text), maxError)])
}
