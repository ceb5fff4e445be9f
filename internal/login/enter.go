package login

import (
	"context"
	"errors"

	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
)

// ErrSecondStep says that no login was granted yet: what was shown is right, and the account asks for a second factor. A
// handler returns it as any error, and the guard sends the visitor to SecondStepPath.
var ErrSecondStep = errors.New("a second factor is asked for")

// SecondStepPath is the page that asks for the second factor.
const SecondStepPath = "/login/second-factor"

// A SecondStep knows who has a second factor.
type SecondStep interface {
	// Asks reports whether a browser with these tokens must show a second factor to log in to the account, whose lock the
	// context's transaction holds.
	Asks(ctx context.Context, u user.User, known Known) (bool, error)
	// Keep stores, in the same transaction, that the visitor of this session has done the first step of a log in.
	Keep(ctx context.Context, sessionID string, u user.User, t Terms) error
}

// SetSecondStep says who has a second factor; without it nobody has. Call it before anything is served.
func (s *Service) SetSecondStep(step SecondStep) { s.secondStep = step }

// GrantTo logs the visitor in to the account, and returns the token that makes this browser a known one. It is the one way
// by which all that somebody logs in with leads to a login. t.NewBrowser is filled in. check runs in the transaction, which
// holds the account's lock, and refuses by an error. It returns fault.NotFound if the account is disabled, or its password
// was changed since u was read.
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
	half := false
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Users.LockUnchanged(ctx, u); err != nil {
			return err
		}
		if err := check(ctx); err != nil {
			return err
		}
		if half, err = s.half(ctx, u, known, t); err != nil || half {
			return err
		}
		if err := s.RememberBrowser(ctx, u.ID, known, token); err != nil {
			return err
		}
		return s.raise(ctx, u, t)
	})
	if err == nil && half {
		err = ErrSecondStep
	}
	if err != nil {
		return "", err
	}
	s.loggedIn(ctx, u)
	return token, nil
}

// half keeps the first step of a log in, if the account asks for a second one, and reports whether it does. The browser
// gets a new token: whoever planted the old one must not be half logged in.
func (s *Service) half(ctx context.Context, u user.User, known Known, t Terms) (bool, error) {
	if s.secondStep == nil || t.Strong {
		return false, nil
	}
	if asks, err := s.secondStep.Asks(ctx, u, known); err != nil || !asks {
		return false, err
	}
	rotation := session.Rotation{Lasting: s.Sessions.Lifetime > 0, Repeatable: t.Repeatable}
	return true, s.Sessions.Rotate(ctx, rotation, func(ctx context.Context, sessionID string) error {
		return s.secondStep.Keep(ctx, sessionID, u, t)
	})
}
