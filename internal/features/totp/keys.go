package totp

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"example.com/latchkey/internal/feature"
)

// minKey is the least number of characters of SECRET_KEY. 32 random bytes in base64 have 44.
const minKey = 32

// settings are the keys as they are set.
type settings struct {
	Key string `env:"SECRET_KEY" secret:"" doc:"what authenticator secrets are encrypted under, at least 32 random characters (openssl rand -base64 32); without one they are off in production, and in development one is made and kept in the data folder"`
	Old string `env:"SECRET_KEY_OLD" secret:"" doc:"the key before, until the command secrets rotate has run"`
}

// A keeper loads the keys, once.
type keeper struct {
	settings
	core *feature.Core

	mutex sync.Mutex
	ring  ring
}

// on reports whether there can be a key, which is the case everywhere but in production without SECRET_KEY.
func (k *keeper) on() bool { return k.Key != "" || !k.core.Config.Production() }

// file returns where the development key is kept: in the folder of the SQLite file, else in data.
func (k *keeper) file() string {
	dir := "data"
	if file := k.core.DB.File(); file != "" {
		dir = filepath.Dir(file)
	}
	return filepath.Join(dir, "secret.key")
}

// keys returns the ring. In development without SECRET_KEY, the first call makes a key and stores it in the file.
func (k *keeper) keys() (ring, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.ring != nil {
		return k.ring, nil
	}
	texts := []string{}
	for _, text := range []string{k.Key, k.Old} {
		if text != "" {
			texts = append(texts, text)
		}
	}
	var err error
	if k.Key == "" && !k.core.Config.Production() {
		if texts, err = k.kept(); err != nil {
			return nil, err
		}
	}
	k.ring, err = newRing(texts...)
	return k.ring, err
}

// kept returns the keys in the file, the newest first. It creates the file if there is none.
func (k *keeper) kept() ([]string, error) {
	text, err := os.ReadFile(k.file())
	if errors.Is(err, fs.ErrNotExist) {
		return k.write(nil)
	}
	if err != nil {
		return nil, err
	}
	lines := strings.Fields(string(text))
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s is empty: it held the key of authenticator secrets", k.file())
	}
	return lines, nil
}

// write adds a new key before the others in the file, which only its owner may read. If two programs create the file at once,
// the first one wins.
func (k *keeper) write(before []string) ([]string, error) {
	raw := make([]byte, 32)
	rand.Read(raw) //nolint:errcheck // never fails (crypto/rand)
	lines := append([]string{base64.StdEncoding.EncodeToString(raw)}, before...)
	if err := os.MkdirAll(filepath.Dir(k.file()), 0o700); err != nil {
		return nil, err
	}
	made, err := os.CreateTemp(filepath.Dir(k.file()), ".secret-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(made.Name()) //nolint:errcheck // it is gone where all went well
	_, err = io.Copy(made, bytes.NewBufferString(strings.Join(lines, "\n")+"\n"))
	if err = errors.Join(err, made.Sync(), made.Close()); err != nil {
		return nil, err
	}
	if len(before) > 0 {
		return lines, os.Rename(made.Name(), k.file())
	}
	if err := os.Link(made.Name(), k.file()); errors.Is(err, fs.ErrExist) {
		return k.kept()
	} else if err != nil {
		return nil, err
	}
	return lines, nil
}

// start returns an error if a key is too short, or if a key is missing that stored secrets are encrypted under: without it,
// users could not log in.
func (t *TOTP) start(ctx context.Context) error {
	for name, key := range map[string]string{"SECRET_KEY": t.Key, "SECRET_KEY_OLD": t.Old} {
		if key != "" && len(key) < minKey {
			return fmt.Errorf("%s is wrong: it must have at least %d random characters, as openssl rand -base64 32 makes", name, minKey)
		}
	}
	used, err := t.keyIDs(ctx)
	if err != nil || len(used) == 0 {
		return err
	}
	if !t.on() {
		return errors.New("SECRET_KEY is not set, and accounts have authenticator apps: their secrets are encrypted under it")
	}
	keys, err := t.keys()
	if err != nil {
		return err
	}
	for _, id := range used {
		if !keys.has(id) {
			return fmt.Errorf("accounts have authenticator apps whose secrets are encrypted under another SECRET_KEY (%s): set that, or set it as SECRET_KEY_OLD and run `latchkey secrets rotate`", id)
		}
	}
	return nil
}

func (r ring) has(id string) bool {
	for _, k := range r {
		if k.id == id {
			return true
		}
	}
	return false
}
