package login

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// newSecret returns 256 random bits in base64url: what a link or a cookie carries. The database knows only its hash.
func newSecret() string {
	raw := make([]byte, 32)
	rand.Read(raw) //nolint:errcheck // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// validSecret reports whether the text has exactly the form of a secret; nothing else reaches SQL.
func validSecret(text string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(raw) == 32 && len(text) == 43
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
