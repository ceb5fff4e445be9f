// Package names knows the names of passkeys: those of the authenticators that hold them, and those that users give them. It
// also knows the transports by which browsers reach authenticators.
package names

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"

	"example.com/latchkey/internal/web"
)

// Max limits the name of a passkey, in characters.
const Max = 60

// makers maps the AAGUIDs of the most common authenticators to their names in the FIDO Metadata Service and in the list of
// passkey providers that developers keep.
var makers = map[string]string{
	"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "Apple Passwords",
	"dd4ec289-e01d-41c9-bb89-70fa845d4bf2": "Apple Passwords",
	"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
	"adce0002-35bc-c60a-648b-0b25f1f05503": "Chrome on Mac",
	"771b48fd-d3d4-4f74-9232-fc157ab0507a": "Edge on Mac",
	"08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
	"9ddd1817-af5a-4672-a2b9-3e3dd95000a9": "Windows Hello",
	"6028b017-b1d4-4c02-b4b3-afcdafc96bb2": "Windows Hello",
	"53414d53-554e-4700-0000-000000000000": "Samsung Pass",
	"bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
	"d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden",
	"531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
	"b84e4048-15dc-4dd0-8640-f4f60813c8af": "NordPass",
	"0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6": "Keeper",
	"f3809540-7f14-49c1-a8b3-8f813b225541": "Enpass",
	"fdb141b2-5d84-443e-8a35-4698c205a502": "KeePassXC",
	"50726f74-6f6e-5061-7373-50726f746f6e": "Proton Pass",
	"cb69481e-8ff7-4039-93ec-0a2729a154a8": "YubiKey 5",
	"2fc0579f-8113-47ea-b116-bb5a8db9202a": "YubiKey 5 NFC",
	"fa2b99dc-9e39-4257-8f92-4a30d23c4118": "YubiKey 5 NFC",
	"ee882879-721c-4913-9775-3dfcce97072a": "YubiKey 5",
}

// Of returns the name of a new passkey: that of its authenticator or, if that is unknown, that of the browser.
func Of(aaguid, userAgent string) string {
	return cmp.Or(makers[aaguid], web.BrowserName(userAgent))
}

// Clean returns a name as it is stored: one line without spaces around it.
func Clean(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
}

// Problem says what is wrong with a name, "" if nothing.
func Problem(name string) string {
	switch {
	case name == "":
		return "Give the passkey a name."
	case utf8.RuneCountInString(name) > Max:
		return "Keep the name to at most 60 characters."
	}
	return ""
}

// IsTransport reports whether this is one of the transports of WebAuthn. What else a browser sends is not stored.
func IsTransport(t protocol.AuthenticatorTransport) bool {
	switch t {
	case protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal:
		return true
	}
	return false
}
