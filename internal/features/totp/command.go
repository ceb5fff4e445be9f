package totp

import (
	"context"
	"errors"
	"fmt"
	"io"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
)

// commands are what the feature adds to the program.
type commands struct {
	Secrets secretsCmd `cmd:"" help:"Look after what is encrypted in the database."`

	totp *TOTP
}

type secretsCmd struct {
	Rotate rotate `cmd:"" help:"Encrypt the secrets of authenticator apps under SECRET_KEY that are under SECRET_KEY_OLD; in development, under a new key."`
}

type rotate struct{}

// Run encrypts every secret again that is not under the first key. Servers may run meanwhile, if they have both keys.
func (rotate) Run(ctx context.Context, out io.Writer, open feature.Open) error {
	return open(func(core *feature.Core, features []feature.Feature) error {
		for _, f := range features {
			if c, ok := f.Commands.(*commands); ok {
				n, err := c.totp.rotate(ctx)
				if err == nil {
					_, err = fmt.Fprintf(out, "%d secrets are encrypted anew\n", n)
				}
				return err
			}
		}
		return errors.New("this program has no authenticator apps")
	})
}

func (t *TOTP) rotate(ctx context.Context) (n int, err error) {
	keys, err := t.keys()
	if err != nil {
		return 0, err
	}
	if t.Key == "" { // in development the file holds them
		before, err := t.kept()
		if err != nil {
			return 0, err
		}
		texts, err := t.write(before)
		if err != nil {
			return 0, err
		}
		if keys, err = newRing(texts...); err != nil {
			return 0, err
		}
	}
	used, err := t.keyIDs(ctx)
	if err != nil {
		return 0, err
	}
	for _, id := range used {
		for id != keys[0].id {
			users, err := t.underKey(ctx, id)
			if err != nil {
				return n, err
			}
			if len(users) == 0 {
				break
			}
			for _, user := range users {
				if err := t.rotateOne(ctx, keys, user); err != nil {
					return n, err
				}
				n++
			}
		}
	}
	return n, nil
}

func (t *TOTP) rotateOne(ctx context.Context, keys ring, userID string) error {
	a, err := t.find(ctx, userID)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	secret, err := keys.open(a.secret, a.keyID, userID)
	if err != nil {
		return err
	}
	sealed, id := keys.seal(secret, userID)
	return t.setSecret(ctx, a, sealed, id)
}
