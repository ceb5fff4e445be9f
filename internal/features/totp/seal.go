package totp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
)

// A key encrypts secrets by AES-256-GCM, under a key that HKDF (RFC 5869) derives from SECRET_KEY.
type key struct {
	id   string // stored beside what it has encrypted; says nothing of the key
	aead cipher.AEAD
}

// A ring holds the keys that can decrypt what is stored. The first one encrypts.
type ring []key

// newRing returns a ring of keys derived from the values of SECRET_KEY, the newest first.
func newRing(texts ...string) (r ring, err error) {
	for _, text := range texts {
		raw, err := hkdf.Key(sha256.New, []byte(text), nil, "authenticator secrets", 32)
		if err != nil {
			return nil, err
		}
		id, err := hkdf.Key(sha256.New, []byte(text), nil, "authenticator secrets: key id", 8)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		r = append(r, key{hex.EncodeToString(id), aead})
	}
	if len(r) == 0 {
		return nil, errors.New("SECRET_KEY is not set")
	}
	return r, nil
}

// seal encrypts a text for one purpose, such as an account's id. open needs the same purpose.
func (r ring) seal(text, purpose string) (sealed, keyID string) {
	return base64.RawURLEncoding.EncodeToString(r[0].aead.Seal(nil, nil, []byte(text), []byte(purpose))), r[0].id
}

// open decrypts a sealed text with the key that has this id.
func (r ring) open(sealed, keyID, purpose string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return "", err
	}
	for _, k := range r {
		if k.id == keyID {
			text, err := k.aead.Open(nil, nil, raw, []byte(purpose))
			return string(text), err
		}
	}
	return "", fmt.Errorf("a secret is encrypted under the key %s, which is neither SECRET_KEY nor SECRET_KEY_OLD", keyID)
}
