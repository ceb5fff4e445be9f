package mail

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

var errAddress = errors.New("not an address that mail can be sent to")

// checkRecipient returns errAddress unless the text is a bare address that SMTP can carry.
func checkRecipient(text string) error {
	addr, err := wireAddress(text)
	if err != nil || addr.Name != "" || strings.ContainsFunc(text, unprintable) {
		return errAddress
	}
	return nil
}

func unprintable(c rune) bool { return !unicode.IsPrint(c) }

func notASCII(c rune) bool { return c > unicode.MaxASCII }

// toASCII maps a domain as browsers do (UTS #46), and refuses labels that DNS cannot hold.
var toASCII = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true)).ToASCII

// wireAddress parses an address, with or without a name, and returns it as it goes into SMTP commands and headers: with
// its domain in ASCII (RFC 5891, 4.4). It returns errAddress if the domain has no such form, or if the local part is not
// ASCII: that would need SMTPUTF8 (RFC 6531) from every server on the way.
func wireAddress(text string) (*mail.Address, error) {
	addr, err := mail.ParseAddress(text)
	if err != nil {
		return nil, errAddress
	}
	at := strings.LastIndexByte(addr.Address, '@')
	domain, err := toASCII(domainOf(addr))
	if err != nil || strings.ContainsFunc(addr.Address[:at], notASCII) {
		return nil, errAddress
	}
	addr.Address = addr.Address[:at+1] + domain
	return addr, nil
}

// domainOf returns what follows the @.
func domainOf(addr *mail.Address) string {
	return addr.Address[strings.LastIndexByte(addr.Address, '@')+1:]
}
