package maillogin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"example.com/latchkey/internal/secret"
)

// alphabet has the characters of codes. No two look alike, even in handwriting, and without vowels they form no words.
const alphabet = "3479CDFGHJKMNPQRTVWXY"

// codeLength is the number of characters of a code: 21 to the power of 8 is 35 bits, where OWASP ASVS 6.5.4 asks for 20.
const codeLength = 8

// codeOf returns the code that belongs to a link's token: 35 bits of a MAC, so that the code reveals nothing about the token.
func codeOf(token string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("code to log in"))
	n := binary.BigEndian.Uint64(mac.Sum(nil))
	var code strings.Builder
	for range codeLength {
		code.WriteByte(alphabet[n%uint64(len(alphabet))])
		n /= uint64(len(alphabet))
	}
	return code.String()
}

// grouped returns a code as people read it: "CDFG-HJKM".
func grouped(code string) string {
	if len(code) != codeLength {
		return code
	}
	return code[:codeLength/2] + "-" + code[codeLength/2:]
}

// parseCode returns the code that somebody typed, and whether it is one. It accepts small and full-width letters, and ignores
// blanks, hyphens and dots.
func parseCode(typed string) (code string, ok bool) {
	if len(typed) > 100 {
		return "", false
	}
	var signs strings.Builder
	for _, sign := range strings.ToUpper(norm.NFKC.String(typed)) {
		switch {
		case strings.ContainsRune(alphabet, sign):
			signs.WriteRune(sign)
		case unicode.IsSpace(sign) || unicode.In(sign, unicode.Pd, unicode.Cf) || sign == '.' || sign == '_':
		default:
			return "", false
		}
	}
	return signs.String(), signs.Len() == codeLength
}

// hashCode returns the form in which the table stores the code of the link whose token has this hash.
func hashCode(tokenHash, code string) string { return secret.Hash(tokenHash + "\x00" + code) }
