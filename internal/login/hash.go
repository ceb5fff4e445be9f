package login

import (
	"context"
	"net/http"

	"example.com/latchkey/internal/cookie"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// Hashing is the most expensive thing that a visitor can ask for, and a right password asks for as much of it as a wrong
// one. So it is limited by itself: by a bucket that nothing is given back to, and by places in the hasher's queue.

// Limits are this package's lines of the table of limits.
var Limits = []ratelimit.Named{
	{Name: "login.account_address", Act: "log in", By: "account and address", Setting: "LIMIT_LOGIN_ACCOUNT_ADDRESS", Tries: 10},
	{Name: "login.account", Act: "log in", By: "account", Setting: "LIMIT_LOGIN_ACCOUNT", Tries: 30},
	{Name: "login.address", Act: "log in", By: "address", Setting: "LIMIT_LOGIN_ADDRESS", Tries: 100},
	{Name: "login.known", Act: "log in from a known browser", By: "the browser, instead of the three above", Setting: "LIMIT_LOGIN_KNOWN_BROWSER", Tries: 10},
	{Name: "login.confirm", Act: "confirm or change the password", By: "login", Setting: "LIMIT_LOGIN_KNOWN_BROWSER", Tries: 10},
	{Name: "hash.address", Act: "have a password hashed, right or wrong (log in, register, confirm, change, reset)", By: "address", Setting: "LIMIT_HASH_ADDRESS", Tries: 60},
	{Name: "hash.known", Act: "have a password hashed beyond that, logged in or from a known browser", By: "account", Setting: "LIMIT_LOGIN_KNOWN_BROWSER", Tries: 10},
}

// caller returns the visitor as a caller of the hasher, for the account with this address.
func caller(ctx context.Context, email string, known bool) password.Caller {
	return password.Caller{Network: web.RequestOf(ctx).Network(), Account: user.NormalizeEmail(email), Known: known}
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

// upgrade stores the password anew at today's cost, higher or lower. If it fails, the next log in tries again.
func (s *Service) upgrade(ctx context.Context, u user.User, password string) {
	hash, err := s.Hasher.Upgrade(ctx, caller(ctx, u.Email, true), password)
	if err == nil {
		err = s.Users.ReplaceHash(ctx, u.ID, u.PasswordHash, hash)
	}
	if err != nil {
		s.Log.Debug("password hash not upgraded", "user", u.ID, "err", err)
	}
}
