package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
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
			b.queue(message("ada@example.org"))
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

func TestSMTPURL(t *testing.T) {
	for url, want := range map[string]string{
		"smtp://mail.example.org":                    "mail.example.org:25",
		"smtp://u:p@mail.example.org":                "mail.example.org:587",
		"smtps://mail.example.org":                   "mail.example.org:465",
		"smtps://u:p@mail.example.org:466":           "mail.example.org:466",
		"smtp://u:p@[::1]:2525":                      "[::1]:2525",
		"smtp://127.0.0.1:1025/":                     "127.0.0.1:1025",
		"smtp://mail_server:65535":                   "mail_server:65535",
		"smtp://u:a%23b%3Fc%40d@MAIL.BÜCHER.example": "mail.xn--bcher-kva.example:587",
	} {
		if got, err := mail.ServerAddress(url); got != want || err != nil {
			t.Errorf("%s: %s, %v", url, got, err)
		}
	}
	for url, says := range map[string]string{
		"http://mail.example.org":                      "smtp://",
		"mail.example.org:25":                          "smtp://",
		"smtp:u:topsecret@mail.example.org":            "smtp://",
		"smtp://":                                      "a host",
		"smtp://u:topsecret@":                          "a host",
		"smtp://u:topsecret@:25":                       "a host",
		"smtp://u:top/secret@mail.example.org":         "smtp://",
		"smtp://u:topsecret@mail.example.org/path":     "smtp://",
		"smtp://u:topsecret@mail.example.org:99999":    "1 to 65535",
		"smtp://u:topsecret@mail.example.org:0":        "1 to 65535",
		"smtp://u:topsecret@mail.example.org:":         "1 to 65535",
		"smtp://u:topsecret@mail.example.org:submit":   "smtp://",
		"smtp://u#topsecret@mail.example.org":          "%23",
		"smtp://u:top#secret@mail.example.org":         "%23",
		"smtp://u:topsecret@mail.example.org#":         "%23",
		"smtp://u:top?secret@mail.example.org":         "%3F",
		"smtp://u:topsecret@mail.example.org?tls=skip": "takes no parameters",
		"smtp://u:topsecret@mail.example.org?":         "takes no parameters",
		"smtp://:topsecret@mail.example.org":           "a user and a password",
		"smtp://u@mail.example.org":                    "a user and a password",
		"smtp://u:topsecret@mail.exa mple.org":         "smtp://",
		"smtp://u:topsecret@büch..er.example":          "a host",
		"smtp://u:topsecret%zz@mail.example.org":       "smtp://",
	} {
		_, err := mail.New(mail.Options{From: "a@example.org", SMTPURL: url})
		if err == nil || !strings.HasPrefix(err.Error(), "SMTP_URL ") || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want a line that says %q", url, err, says)
		} else if strings.Contains(err.Error(), "top") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is shown: %v", url, err)
		}
	}
}

// TestBrokenMechanismsAreNeverUsed meets servers by the mechanisms that they offer. Only one that we know how to use
// safely gets a name or a password; with others the mail waits, for the operator to see.
func TestBrokenMechanismsAreNeverUsed(t *testing.T) {
	config, roots := certificate(t)
	for _, c := range []struct{ offered, used string }{
		{"CRAM-MD5", ""},
		{"CRAM-MD5 NTLM SCRAM-SHA-1 XOAUTH2", ""},
		{"CRAM-MD5 PLAIN", "PLAIN"},
		{"CRAM-MD5 LOGIN", "LOGIN"},
		{"LOGIN PLAIN", "PLAIN"},
		{"PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256", "SCRAM-SHA-256"},
		{"", ""},
	} {
		for _, scheme := range []string{"smtp", "smtps"} {
			t.Run(scheme+" "+c.offered, func(t *testing.T) {
				t.Parallel()
				used := make(chan string, 1)
				url := misbehave(t, func(conn net.Conn) {
					if scheme == "smtps" {
						conn = tls.Server(conn, config)
					}
					r := greet(conn)
					line, _ := r.ReadString('\n')
					for !strings.HasPrefix(line, "AUTH ") && line != "" {
						answer := "250 fine\r\n"
						if strings.HasPrefix(line, "EHLO") && c.offered != "" {
							answer = "250-localhost\r\n250 AUTH " + c.offered + "\r\n"
						}
						io.WriteString(conn, answer) //nolint:errcheck // the next read tells
						line, _ = r.ReadString('\n')
					}
					mechanism, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "AUTH ")), " ")
					used <- mechanism
				})
				b := open(t, testkit.SQLite(t), mail.Options{SMTPURL: scheme + "://ada:pass%3Aword@" + strings.TrimPrefix(url, "smtp://"), RootCAs: roots})
				b.queue(message("ada@example.org"))
				b.deliver()
				if got := <-used; got != c.used {
					t.Errorf("used %q, want %q", got, c.used)
				}
				if m := b.only(); m.State != mail.Waiting || c.used == "" && !strings.Contains(m.Err, "SCRAM-SHA-256, PLAIN or LOGIN") {
					t.Errorf("%s: %s", m.State, m.Err)
				}
			})
		}
	}
}
