package login

import (
	"cmp"
	"context"
	"errors"

	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/user"
)

// ErrSecondStep says that no login was granted yet: what was shown is right, and the account asks for a second factor. A
// handler returns it as any error, and the guard sends the visitor to SecondStepPath.
var ErrSecondStep = errors.New("a second factor is asked for")

// SecondStepPath is the page that asks for the second factor.
const SecondStepPath = "/login/second-factor"

// A SecondStep says whether a browser with these tokens must show a second factor to log in to the account. If so, it keeps
// the first step for the visitor, whose browser gets a new token. It runs in the transaction that holds the account's lock.
type SecondStep func(ctx context.Context, u user.User, known Known, t Terms) (asks bool, err error)

// GrantTo logs the visitor in to the account, and returns the token that makes this browser a known one. It is the one way
// by which all that somebody logs in with leads to a login; a login to another account ends. t.NewBrowser is filled in.
// check runs in the transaction, which holds the account's lock, and refuses by an error. It returns fault.NotFound if the
// account is disabled, or its password was changed since u was read.
//
// If the account asks for a second factor and the way in is not t.Strong, it grants nothing and returns ErrSecondStep, after
// check has run and was committed: return it from the handler as it is, and put the page that was asked for into t.Next.
func (s *Service) GrantTo(ctx context.Context, u user.User, known Known, t Terms, check func(ctx context.Context) error) (token string, err error) {
	if token, err = s.KnownBy(ctx, u.ID, known); err != nil {
		return "", err
	}
	if t.NewBrowser = token == ""; t.NewBrowser || len(known) > 1 {
		token = secret.New()
	}
	if now, in := currentOf(ctx); in && now.user.ID != u.ID { // nothing of theirs goes along
		if err := s.LogOut(ctx); err != nil {
			return "", err
		}
	}
	return token, s.Grant(ctx, u, t, func(ctx context.Context) error {
		if err := s.Users.LockUnchanged(ctx, u); err != nil {
			return err
		}
		if err := check(ctx); err != nil {
			return err
		}
		if s.SecondStep != nil && !t.Strong {
			if asks, err := s.SecondStep(ctx, u, known, t); err != nil || asks {
				return cmp.Or(err, ErrSecondStep)
			}
		}
		return s.RememberBrowser(ctx, u.ID, known, token)
	})
}
