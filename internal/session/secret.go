package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// secretLength is the length of 32 bytes in base64url without padding.
const secretLength = 43

// NewSecret returns 256 random bits in base64url: what a cookie or a link carries (OWASP ASVS 7.2.3 asks for 128).
// The database knows only its hash.
func NewSecret() string {
	raw := make([]byte, 32)
	rand.Read(raw) //nolint:errcheck // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// ValidSecret reports whether the text has exactly the form of a secret; nothing else reaches SQL.
func ValidSecret(text string) bool {
	if len(text) != secretLength {
		return false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(raw) == 32
}

// HashSecret returns the form in which the database knows a secret: SHA-256 in hex. A secret of 256 random bits needs no
// salt.
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
