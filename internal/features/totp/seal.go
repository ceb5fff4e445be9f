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

// A key encrypts secrets: AES-256-GCM under a key that HKDF (RFC 5869) makes of SECRET_KEY.
type key struct {
	id   string // stored beside what it has encrypted; says nothing of the key
	aead cipher.AEAD
}

// A ring is the keys that open what is stored; the first one seals.
type ring []key

// newRing makes a ring of the texts of SECRET_KEY, the newest first.
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

// seal encrypts a text for one purpose, such as an account's id: open needs the same.
func (r ring) seal(text, purpose string) (sealed, keyID string) {
	return base64.RawURLEncoding.EncodeToString(r[0].aead.Seal(nil, nil, []byte(text), []byte(purpose))), r[0].id
}

// open decrypts what seal has made, with the key of this id.
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
