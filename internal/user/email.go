package user

import (
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// What a user logs in with is decided here, and nowhere else: the e-mail address. docs/how-to/change-what-users-log-in-with.md
// shows how to make it a user name.

// maxEmail is the longest address that can be written in an SMTP command, in bytes (RFC 5321, 4.5.3.1.3 without the angle
// brackets), maxLocal the longest part before the @ (4.5.3.1.1).
const (
	maxEmail = 254
	maxLocal = 64
)

// EmailProblem is what a person is told of a text that is no e-mail address.
const EmailProblem = "Write an e-mail address, like ada@example.org."

// EmailProblem returns what is wrong with an e-mail address, as a sentence for whoever typed it; "" if nothing is.
// It is judged as CleanEmail reads it.
func (s *Store) EmailProblem(text string) string {
	local, domain, ok := splitEmail(text)
	switch {
	case !ok || !isLocal(local):
		return EmailProblem
	case s.Dotted && !strings.Contains(domain, "."):
		return "The part behind the @ is not complete. " + EmailProblem
	case len(local)+1+len(domain) > maxEmail:
		return "This address is too long: mail reaches addresses of at most 254 characters."
	}
	return ""
}

// NormalizeEmail returns the key that an address is unique by: as CleanEmail reads it, with the domain in ASCII (IDNA), and
// ASCII letters in lower case. Other letters stay: lower() of SQL is not the same everywhere (U+212A), and a look-alike must
// not become another account's key.
func NormalizeEmail(text string) string {
	local, domain, ok := splitEmail(text)
	if !ok {
		return strings.TrimSpace(text)
	}
	return asciiLower(local) + "@" + domain
}

// CleanEmail returns an address as it is stored, shown and written to: without what sticks to it when it is copied, and
// with its domain in Unicode. A text that is no address is only trimmed.
func CleanEmail(text string) string {
	local, domain, ok := splitEmail(text)
	if !ok {
		return strings.TrimSpace(text)
	}
	text = strip(text)
	if written := strings.TrimSpace(text[strings.LastIndexByte(text, '@')+1:]); asciiLower(written) == domain && !strings.Contains(domain, "xn--") {
		return local + "@" + written // capitals and all
	}
	if shown, err := idnaProfile.ToUnicode(domain); err == nil {
		domain = shown
	}
	return local + "@" + domain
}

// idnaProfile maps a domain as browsers do (UTS #46), and refuses labels that DNS cannot hold: they are letters, digits and
// hyphens, 1 to 63 of them (RFC 5890, 2.3.1).
var idnaProfile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true))

// splitEmail reads an address: its local part as it was written, and its domain in ASCII. ok is false if that cannot be
// the domain of an address.
func splitEmail(text string) (local, domain string, ok bool) {
	text = strip(text)
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return "", "", false
	}
	local, domain = strings.TrimSpace(text[:at]), strings.TrimSpace(text[at+1:])
	domain, err := idnaProfile.ToASCII(domain)
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	numeric := strings.Trim(last, "0123456789") == "" // "" and "1": a dot at the end, the address of a machine
	return local, domain, err == nil && !numeric && domain == asciiLower(domain)
}

// strip takes off what sticks to an address when it is copied: blanks around it, characters that nobody sees, a name with
// angle brackets, "mailto:" and what follows an address there; and it writes full-width characters as ordinary ones.
func strip(text string) string {
	text = strings.TrimSpace(strings.Map(func(c rune) rune {
		switch {
		case unicode.Is(unicode.Cf, c): // also a soft hyphen, a byte order mark, marks of direction
			return -1
		case '！' <= c && c <= '～': // U+FF01 to U+FF5E stand in the order of ASCII
			return c - '！' + '!'
		}
		return c
	}, text))
	if from := strings.LastIndexByte(text, '<'); from >= 0 && strings.HasSuffix(text, ">") {
		text = strings.TrimSpace(text[from+1 : len(text)-1])
	}
	if scheme := "mailto:"; len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
		text, _, _ = strings.Cut(text[len(scheme):], "?")
		if unescaped, err := url.PathUnescape(text); err == nil {
			text = unescaped
		}
	}
	return text
}

// isLocal reports whether this may stand before the @: a dot-atom (RFC 5322, 3.2.3). Quoted strings and letters beyond
// ASCII are refused: few servers take them.
func isLocal(local string) bool {
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(c rune) bool {
			letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
			return !letter && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", c)
		}) {
			return false
		}
	}
	return len(local) <= maxLocal
}

func asciiLower(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, s)
}
