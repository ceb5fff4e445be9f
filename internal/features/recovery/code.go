package recovery

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	count  = 10 // codes of one set
	length = 20 // characters of a code, in groups of five: of an alphabet of 32 that is 100 bits
	group  = 5
	// alphabet is Crockford's base 32, without letters that are easily confused with others or with digits.
	alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
)

// newCode returns a random code, without its hyphens.
func newCode() string {
	raw := make([]byte, length)
	rand.Read(raw) //nolint:errcheck // never fails (crypto/rand)
	for i := range raw {
		raw[i] = alphabet[raw[i]&31]
	}
	return string(raw)
}

// show returns a code as people read it: abcde-fghjk-mnpqr-stvwx.
func show(code string) string {
	var groups []string
	for i := 0; i < len(code); i += group {
		groups = append(groups, code[i:min(i+group, len(code))])
	}
	return strings.Join(groups, "-")
}

// parse returns the code that somebody typed, ignoring blanks, hyphens and case, and reading O as 0, I and L as 1. It returns
// false for what cannot be a code.
func parse(typed string) (code string, ok bool) {
	if len(typed) > 100 {
		return "", false
	}
	var b strings.Builder
	for _, c := range strings.ToLower(typed) {
		switch {
		case c == ' ', c == '\t', c == '\r', c == '\n', c == '-', c == '\u00a0':
		case c == 'o':
			b.WriteByte('0')
		case c == 'i', c == 'l':
			b.WriteByte('1')
		case c < 128 && strings.ContainsRune(alphabet, c):
			b.WriteRune(c)
		default:
			return "", false
		}
	}
	return b.String(), b.Len() == length
}

// hash returns the form in which a code is stored. 100 random bits need neither salt nor slow hash. The account is part of the
// hash, so that a code matches for its owner only.
func hash(userID, code string) string {
	sum := sha256.Sum256([]byte(userID + "\x00" + code))
	return hex.EncodeToString(sum[:])
}
