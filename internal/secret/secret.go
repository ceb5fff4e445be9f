// Package secret makes the random values that cookies and links carry, and the hashes under which tables store them.
package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// length is the length of 32 bytes in base64url without padding.
const length = 43

// New returns 256 random bits in base64url: what a cookie or a link carries (OWASP ASVS 7.2.3 asks for 128).
// The database stores only its hash.
func New() string {
	raw := make([]byte, 32)
	rand.Read(raw) //nolint:errcheck // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Valid reports whether the text has exactly the form of a secret. Nothing else reaches SQL.
func Valid(text string) bool {
	if len(text) != length {
		return false
	}
	var raw [32]byte
	n, err := base64.RawURLEncoding.Strict().Decode(raw[:], []byte(text))
	return err == nil && n == len(raw)
}

// Hash returns the form in which tables store a secret: SHA-256 in hex. 256 random bits need no salt.
func Hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}
