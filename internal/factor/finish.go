package factor

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// ask is the login.SecondStep.
func (s *Service) ask(ctx context.Context, u user.User, known login.Known, t login.Terms) (bool, error) {
	mine, err := s.Of(ctx, u.ID)
	if err != nil || !asks(mine) {
		return false, err
	}
	if trusted, err := s.Login.Trusts(ctx, u.ID, known); err != nil || trusted {
		return false, err
	}
	// Whoever planted the token must not be half logged in.
	sessions := s.Login.Sessions
	rotation := session.Rotation{Lasting: sessions.Lifetime > 0, Repeatable: t.Repeatable}
	return true, sessions.Rotate(ctx, rotation, func(ctx context.Context, sessionID string) error {
		if err := s.insert(ctx, Half{User: u, Remember: t.Remember, Detail: t.Detail, Next: t.Next, sessionID: sessionID}); err != nil {
			return err
		}
		return s.Audit.Emit(ctx, audit.Event{Name: audit.FactorAsked, User: u, Detail: t.Detail})
	})
}

// A Half is a log in whose second step has not been done.
type Half struct {
	User         user.User
	Remember     bool
	Detail, Next string

	sessionID string
}

// Half returns the visitor's log in that is half done, read by the token that the request presented. It returns ErrOver if
// there is none.
func (s *Service) Half(ctx context.Context) (Half, error) {
	hash := session.TokenHash(ctx)
	if hash == "" {
		return Half{}, ErrOver
	}
	h, err := s.half(ctx, hash)
	if err == nil {
		h.User, err = s.Users.Enabled(ctx, h.User.ID)
	}
	if errors.Is(err, fault.NotFound) {
		return Half{}, ErrOver
	}
	return h, err
}

// Finish checks what the visitor shows for the second step, and logs them in. It returns the token that makes this browser a
// known one. trust says that this browser is asked for no second factor for TrustFor. It returns ErrOver, an error that wraps
// ErrWrong, or fault.RateLimited.
func (s *Service) Finish(r *http.Request, name string, trust bool) (h Half, known string, err error) {
	ctx := r.Context()
	if h, err = s.Half(ctx); err != nil {
		return h, "", err
	}
	browser := s.Login.Known(r)
	f, buckets, err := s.take(ctx, h.User.ID, name, browser)
	if err != nil {
		return h, "", err
	}
	terms := login.Terms{Remember: h.Remember, Detail: cmp.Or(h.Detail, "with a password") + " and " + f.With, Repeatable: true, Strong: true}
	use, err := f.Check(r, h.User)
	if err == nil {
		known, err = s.Login.GrantTo(ctx, h.User, browser, terms, func(ctx context.Context) error {
			if err := s.end(ctx, h); err != nil {
				return err
			}
			return use(ctx)
		})
	}
	switch {
	case errors.Is(err, ErrWrong):
		return h, "", errors.Join(err, s.Audit.Emit(ctx, audit.Event{Name: audit.FactorFailed, User: h.User, Detail: f.Title}))
	case errors.Is(err, fault.NotFound): // the password was changed or the account disabled meanwhile
		return h, "", ErrOver
	case err != nil:
		return h, "", err
	}
	if trust {
		err = s.Login.Trust(ctx, h.User.ID, known, web.RequestOf(ctx).UserAgent, s.Now().Add(TrustFor))
	}
	return h, known, errors.Join(err, s.Buckets.GiveBack(ctx, buckets...))
}

// take counts a try and returns the account's factor with this name. Tries count by account, so that a new session or a new
// code gives no more; a browser that has logged in to the account before has its own, so that a stranger who knows the
// password cannot shut its owner out.
func (s *Service) take(ctx context.Context, userID, name string, browser login.Known) (f Factor, buckets []ratelimit.Bucket, err error) {
	mine, err := s.Of(ctx, userID)
	if err != nil {
		return f, nil, err
	}
	known, err := s.Login.KnownBy(ctx, userID, browser)
	if err != nil {
		return f, nil, err
	}
	buckets = []ratelimit.Bucket{s.Limit("factor.account").For(userID), s.Limit("factor.account_day").For(userID)}
	if known != "" {
		buckets = []ratelimit.Bucket{s.Limit("factor.known").For(userID)}
	}
	if err := s.Buckets.Take(ctx, buckets...); err != nil {
		return f, nil, err
	}
	i := slices.IndexFunc(mine, func(m Mine) bool { return m.Name == name })
	if i < 0 {
		return f, nil, ErrWrong
	}
	return mine[i].Factor, buckets, nil
}
