package user

import (
	"net/mail"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// What a user logs in with is decided here, and nowhere else: the e-mail address. docs/how-to/change-what-users-log-in-with.md
// shows how to make it a user name.

// EmailProblem is what a person is told of a text that is no e-mail address.
const EmailProblem = "Write an e-mail address, like ada@example.org."

// maxEmail is the longest address that can be written in an SMTP command, in bytes (RFC 5321, 4.5.3.1.3).
const maxEmail = 254

// NormalizeEmail returns the key that an address is unique by: trimmed, NFC, ASCII letters in lower case.
// Other letters stay: lower() of the databases differ for some (U+212A), and a look-alike must not become another
// account's key.
func NormalizeEmail(address string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, CleanEmail(address))
}

// CleanEmail returns an address as it is stored and written to: trimmed and NFC.
func CleanEmail(address string) string { return norm.NFC.String(strings.TrimSpace(address)) }

// ValidEmail reports whether the address has the form of one: an ASCII local part, one @, a domain.
func ValidEmail(address string) bool {
	address = strings.TrimSpace(address) // judged before NFC, which makes an ASCII letter of a look-alike
	if len(address) > maxEmail || strings.ContainsFunc(address, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		return false
	}
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || parsed.Name != "" {
		return false
	}
	_, domain, _ := strings.Cut(address, "@")
	return domain != "" && !strings.ContainsAny(domain, "[]") && !strings.Contains(domain, "..")
}
