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
	confirm        ratelimit.Limit // the password asked again
}

func newLimits(named func(string) ratelimit.Limit) limits {
	return limits{
		named("login.account_address"), named("login.account"), named("login.address"), named("login.known"), named("login.confirm"),
	}
}

// logIn are the buckets that a try to log in takes from. A known browser has its own, so that nobody can lock it out.
func (l limits) logIn(ctx context.Context, c Credentials, userID string, isKnown bool) []ratelimit.Bucket {
	if isKnown {
		return []ratelimit.Bucket{l.known.For(userID, secret.Hash(c.Known))}
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
	{Name: "login.confirm", Act: "confirm or change the password", By: "account", Setting: "LIMIT_LOGIN_KNOWN_BROWSER", Tries: 10},
}
