package mail

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// A server is what SMTP_URL names.
type server struct {
	host           string
	port           int
	implicit       bool // TLS from the first byte
	user, password string
	tls            *tls.Config
}

// errURL is all that is said about a malformed address: what was mistyped may be the password. What can be said safely,
// config has said before.
var errURL = errors.New("SMTP_URL must be smtp:// or smtps:// and a host, with a port from 1 to 65535 or none, and with a user and a password " +
	"or neither, as smtp://USER:PASSWORD@mail.example.org:587; it takes no parameters: ? and # in a user name or password are written as %3F and %23")

// parseServer reads SMTP_URL. Without a port it is 465 for smtps, 587 for smtp with credentials, 25 otherwise.
func parseServer(raw string, roots *x509.CertPool) (*server, error) {
	u, err := url.Parse(raw)
	if err != nil || strings.ContainsAny(raw, "?#") || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" {
		return nil, errURL
	}
	s := &server{host: u.Hostname(), implicit: u.Scheme == "smtps", user: u.User.Username()}
	if strings.ContainsFunc(s.host, notASCII) {
		s.host, err = toASCII(s.host)
	}
	s.password, _ = u.User.Password()
	port := "25"
	switch {
	case s.implicit:
		port = "465"
	case s.user != "":
		port = "587"
	}
	n, errPort := strconv.ParseUint(cmp.Or(u.Port(), port), 10, 16)
	if err != nil || errPort != nil || n == 0 || strings.HasSuffix(u.Host, ":") || s.host == "" || (s.user == "") != (s.password == "") {
		return nil, errURL
	}
	s.port = int(n)
	s.tls = &tls.Config{
		ServerName: s.host, RootCAs: roots, MinVersion: tls.VersionTLS12,
		// Where plain text is accepted, checking the certificate adds nothing: whoever could present a false one could
		// also strip STARTTLS from the server's answer. Encryption is still better than none (RFC 7435).
		InsecureSkipVerify: !s.implicit && !s.requiresTLS(),
	}
	return s, nil
}

// requiresTLS reports whether the connection must be encrypted before anything is said: a password is at stake.
func (s *server) requiresTLS() bool { return s.implicit || s.user != "" && !loopback(s.host) }

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || host == "localhost"
}

// options describe the server to go-mail.
func (s *server) options() []gomail.Option {
	policy := gomail.TLSOpportunistic
	if s.requiresTLS() {
		policy = gomail.TLSMandatory
	}
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTLSConfig(s.tls), gomail.WithTLSPolicy(policy), gomail.WithoutNoop(), gomail.WithoutRset(),
		// Our addresses are ASCII. Asking for SMTPUTF8 would make servers further on refuse the mail.
		gomail.WithoutSMTPUTF8(),
	}
	if s.implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.user != "" {
		options = append(options, gomail.WithSMTPAuthCustom(&credentials{server: s}))
	}
	return options
}

// credentials log in by the first mechanism that both sides know. Mechanisms that are not named here are never used,
// whatever the server offers: CRAM-MD5, NTLM and SCRAM-SHA-1 rest on broken hashes (RFC 8314 asks for TLS instead).
type credentials struct {
	*server
	smtp.Auth // the mechanism that Start has chosen
}

// Start chooses the mechanism. It is called once for each connection.
func (c *credentials) Start(info *smtp.ServerInfo) (mechanism string, first []byte, err error) {
	plain := !c.requiresTLS() // on loopback the password may go unencrypted
	switch {
	case slices.Contains(info.Auth, "SCRAM-SHA-256"):
		c.Auth = smtp.ScramSHA256Auth(c.user, c.password)
	case slices.Contains(info.Auth, "PLAIN"):
		c.Auth = smtp.PlainAuth("", c.user, c.password, c.host, plain)
	case slices.Contains(info.Auth, "LOGIN"):
		c.Auth = smtp.LoginAuth(c.user, c.password, c.host, plain)
	default:
		return "", nil, errors.New("the server offers no way to log in that we use: SCRAM-SHA-256, PLAIN or LOGIN")
	}
	return c.Auth.Start(info)
}
