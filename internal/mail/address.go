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
	addr, err := mail.ParseAddress(text)
	if err != nil || addr.Name != "" || strings.ContainsFunc(text, unprintable) {
		return errAddress
	}
	_, err = wireAddress(addr)
	return err
}

func unprintable(c rune) bool { return !unicode.IsPrint(c) }

// toASCII maps a domain as browsers do (UTS #46), and refuses labels that DNS cannot hold.
var toASCII = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true)).ToASCII

// wireAddress returns the address as it goes into SMTP commands and headers: with its domain in ASCII (RFC 5891, 4.4).
// It returns errAddress if the domain has no such form, or if the local part is not ASCII: that would need SMTPUTF8
// (RFC 6531) from every server on the way.
func wireAddress(addr *mail.Address) (*mail.Address, error) {
	at := strings.LastIndexByte(addr.Address, '@')
	local, domain := addr.Address[:at], addr.Address[at+1:]
	ascii, err := toASCII(domain)
	if err != nil || strings.ContainsFunc(local, func(c rune) bool { return c > unicode.MaxASCII }) {
		return nil, errAddress
	}
	return &mail.Address{Name: addr.Name, Address: local + "@" + ascii}, nil
}

// domainOf returns what follows the @.
func domainOf(addr *mail.Address) string {
	return addr.Address[strings.LastIndexByte(addr.Address, '@')+1:]
}
