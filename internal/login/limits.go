package login

import (
	"context"

	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

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

// tries are what a try to log in takes from. A known browser has a bucket of its own, so that nobody can lock it out.
func (s *Service) tries(ctx context.Context, c Credentials, userID, known string) []ratelimit.Bucket {
	if known != "" {
		return []ratelimit.Bucket{s.Limit("login.known").For(userID, secret.Hash(known))}
	}
	key, network := user.NormalizeEmail(c.Email), web.RequestOf(ctx).Network()
	return []ratelimit.Bucket{
		s.Limit("login.account_address").For(key, network), s.Limit("login.account").For(key), s.Limit("login.address").For(network),
	}
}
