package login

import (
	"context"
	"errors"
	"net/http"

	"example.com/latchkey/internal/cookie"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// Hashing is the most expensive thing that a visitor can ask for, and a right password asks for as much of it as a wrong
// one. So it is limited by itself: by a bucket that nothing is given back to, and by places in the hasher's queue.

// caller is the visitor as one who wants a password of the account with this address hashed.
func caller(ctx context.Context, email string, known bool) password.Caller {
	return password.Caller{Network: web.RequestOf(ctx).Network(), Account: user.NormalizeEmail(email), Known: known}
}

// takeHash takes one hash for the caller, and with it one try from each of the buckets, unless the queue is full. Where
// others have used up what the address may, a caller who is known has some of their own.
func (s *Service) takeHash(ctx context.Context, c password.Caller, buckets ...ratelimit.Bucket) error {
	if err := s.Hasher.Overloaded(c); err != nil {
		return err
	}
	err := s.Buckets.Take(ctx, append(buckets, s.Limit("hash.address").For(c.Network))...)
	if _, limited := errors.AsType[*fault.RateLimited](err); limited && c.Known {
		err = s.Buckets.Take(ctx, append(buckets, s.Limit("hash.known").For(c.Account))...)
	}
	return err
}

// matches reports whether this is the password with the stored hash. It takes a hash for the caller and a try from each of
// the buckets, which get theirs back unless the password is wrong. It returns fault.RateLimited or fault.Unavailable.
func (s *Service) matches(ctx context.Context, c password.Caller, stored, typed string, buckets ...ratelimit.Bucket) (bool, error) {
	if err := s.takeHash(ctx, c, buckets...); err != nil {
		return false, err
	}
	matches, err := s.Hasher.Matches(ctx, c, stored, typed)
	if err == nil && !matches {
		return false, nil
	}
	return matches, errors.Join(err, s.Buckets.GiveBack(ctx, buckets...)) // also if nothing was tested
}

// Matches reports whether this is the password of the account with this address, given its stored form. It takes a try
// from the bucket, which a right one gets back. It returns fault.RateLimited or fault.Unavailable.
func (s *Service) Matches(ctx context.Context, email, stored, typed string, bucket ratelimit.Bucket) (bool, error) {
	_, in := currentOf(ctx)
	return s.matches(ctx, caller(ctx, email, in), stored, typed, bucket)
}

// HashPassword returns the hash of a new password that the visitor has chosen for the account with this address. It
// returns fault.RateLimited or fault.Unavailable.
func (s *Service) HashPassword(ctx context.Context, email string, chosen password.Checked) (string, error) {
	_, in := currentOf(ctx)
	c := caller(ctx, email, in)
	if err := s.takeHash(ctx, c); err != nil {
		return "", err
	}
	return s.Hasher.Hash(ctx, c, chosen)
}

// Overloaded returns fault.Unavailable if a request to a route that hashes a password would be refused for want of a place
// in the queue. It is asked before the session is loaded, so it goes by the form of cookies: whoever may be known counts
// as known here, and is looked at closely later.
func (s *Service) Overloaded(r *http.Request, rt *web.Route) error {
	known := len(s.Known(r)) > 0 || rt.Access >= web.Private && len(cookie.Tokens(r, s.Sessions.CookieName)) > 0
	return s.Hasher.Overloaded(caller(r.Context(), "", known))
}
