package login

import (
	"context"

	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// limits are this package's lines of the table of limits.
type limits struct {
	accountAddress ratelimit.Limit // log in, by account and address
	account        ratelimit.Limit // log in, by account
	address        ratelimit.Limit // log in, by address
	known          ratelimit.Limit // log in, by a browser that has logged in to this account before
	confirm        ratelimit.Limit // the password asked again, by login
	hashAddress    ratelimit.Limit // a password hashed, by address
	hashKnown      ratelimit.Limit // beyond that, by account, for a known browser or who is logged in
}

func newLimits(named func(string) ratelimit.Limit) limits {
	return limits{
		named("login.account_address"), named("login.account"), named("login.address"), named("login.known"), named("login.confirm"),
		named("hash.address"), named("hash.known"),
	}
}

// logIn are the buckets that a try to log in takes from. A known browser has its own, so that nobody can lock it out.
func (l limits) logIn(ctx context.Context, c Credentials, userID, known string) []ratelimit.Bucket {
	if known != "" {
		return []ratelimit.Bucket{l.known.For(userID, secret.Hash(known))}
	}
	key, network := user.NormalizeEmail(c.Email), web.RequestOf(ctx).Network()
	return []ratelimit.Bucket{l.accountAddress.For(key, network), l.account.For(key), l.address.For(network)}
}

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
