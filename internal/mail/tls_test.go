package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

// certificate makes one that is signed by itself, for loopback and for 0.0.0.0, by which loopback can be reached
// under an address that is not a loopback one.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4zero},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

// TestEncryption holds when mail is encrypted, when it must be, and that no password goes where it could be read.
func TestEncryption(t *testing.T) {
	config, roots := certificate(t)
	for _, c := range []struct {
		name                     string
		offered, implicit, known bool // the server's TLS, and whether we know who signed its certificate
		scheme, host             string
		arrives, encrypted       bool
		says                     string
	}{
		{name: "no TLS, no credentials", scheme: "smtp://", host: "127.0.0.1", arrives: true},
		{name: "STARTTLS, no credentials", offered: true, known: true, scheme: "smtp://", host: "127.0.0.1", arrives: true, encrypted: true},
		{name: "STARTTLS by a stranger, no credentials", offered: true, scheme: "smtp://", host: "127.0.0.1", arrives: true, encrypted: true},
		{name: "smtps", implicit: true, known: true, scheme: "smtps://", host: "127.0.0.1", arrives: true, encrypted: true},
		{name: "smtps by a stranger", implicit: true, scheme: "smtps://", host: "127.0.0.1", says: "x509"},
		{name: "smtps, credentials", implicit: true, known: true, scheme: "smtps://ada:pass%3Aword@", host: "127.0.0.1", arrives: true, encrypted: true},
		{name: "no TLS, credentials, loopback", scheme: "smtp://ada:pass%3Aword@", host: "127.0.0.1", arrives: true},
		{name: "STARTTLS, credentials", offered: true, known: true, scheme: "smtp://ada:pass%3Aword@", host: "0.0.0.0", arrives: true, encrypted: true},
		{name: "STARTTLS by a stranger, credentials", offered: true, scheme: "smtp://ada:pass%3Aword@", host: "0.0.0.0", says: "x509"},
		{name: "no TLS, credentials", scheme: "smtp://ada:pass%3Aword@", host: "0.0.0.0", says: "STARTTLS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, offered := &postOffice{}, (*tls.Config)(nil)
			if c.offered || c.implicit {
				offered = config
			}
			if strings.Contains(c.scheme, "@") {
				p.user = "ada"
			}
			serve(t, p, offered, c.implicit)
			_, port, err := net.SplitHostPort(p.addr)
			if err != nil {
				t.Fatal(err)
			}
			o := mail.Options{SMTPURL: c.scheme + net.JoinHostPort(c.host, port)}
			if c.known {
				o.RootCAs = roots
			}
			b := open(t, testkit.SQLite(t), o)
			b.queue(letter("ada@example.org"))
			n, arrived := b.deliver(), p.deliveries()
			if (n == 1) != c.arrives || len(arrived) != n || n == 1 && arrived[0].tls != c.encrypted || !strings.Contains(b.only().Err, c.says) {
				t.Errorf("%d delivered: %+v, error %q", n, arrived, b.only().Err)
			}
			if want := map[bool]int{true: 1}[c.arrives && p.user != ""]; p.logins != want {
				t.Errorf("%d log ins, want %d", p.logins, want)
			}
			if strings.Contains(b.log.String()+b.only().Err, "pass:word") {
				t.Error("the password is told")
			}
		})
	}
}

func TestPorts(t *testing.T) {
	for url, want := range map[string]string{
		"smtp://mail.example.org":          "mail.example.org:25",
		"smtp://u:p@mail.example.org":      "mail.example.org:587",
		"smtps://mail.example.org":         "mail.example.org:465",
		"smtps://u:p@mail.example.org:466": "mail.example.org:466",
		"smtp://u:p@[::1]:2525":            "[::1]:2525",
		"smtp://127.0.0.1:1025/":           "127.0.0.1:1025",
	} {
		if got, err := mail.Address(url); got != want || err != nil {
			t.Errorf("%s: %s, %v", url, got, err)
		}
	}
	if _, err := mail.New(mail.Options{From: "a@example.org", SMTPURL: "http://mail.example.org"}); err == nil {
		t.Error("http is no way to send mail")
	}
	if _, err := mail.New(mail.Options{From: "nobody"}); err == nil {
		t.Error("nobody is no sender")
	}
}
