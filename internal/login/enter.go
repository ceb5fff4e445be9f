package login

import (
	"context"

	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/user"
)

// GrantTo logs the visitor in to the account by another way than a password, and returns the token that makes this browser
// a known one. t.NewBrowser is filled in. check runs in the transaction, which holds the account's lock, and refuses by an
// error. It returns fault.NotFound if the account is disabled, or its password was changed since u was read.
func (s *Service) GrantTo(ctx context.Context, u user.User, known Known, t Terms, check func(ctx context.Context) error) (token string, err error) {
	if token, err = s.KnownBy(ctx, u.ID, known); err != nil {
		return "", err
	}
	if t.NewBrowser = token == ""; t.NewBrowser || len(known) > 1 {
		token = secret.New()
	}
	return token, s.Grant(ctx, u, t, func(ctx context.Context) error {
		if err := s.Users.LockUnchanged(ctx, u); err != nil {
			return err
		}
		if err := check(ctx); err != nil {
			return err
		}
		return s.RememberBrowser(ctx, u.ID, known, token)
	})
}
