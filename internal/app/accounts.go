package app

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/operator"
	accountpages "example.com/latchkey/internal/pages/account"
	"example.com/latchkey/internal/pages/auth"
	"example.com/latchkey/internal/pages/secondfactor"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// newAccounts builds what knows users, on top of the sessions: accounts, log in, mail.
func newAccounts(a *App) (err error) {
	c, cfg := a.Core, a.Config
	c.Features = a.features
	if c.Mail, err = mail.New(mail.Options{
		DB: c.DB, Log: c.Log, Now: c.Now, Site: views.Site, SMTPURL: cfg.SMTPURL, From: cfg.MailFrom, Development: !cfg.Production(),
	}); err != nil {
		return err
	}
	c.Hasher = password.NewHasher(cfg.BcryptCost)
	c.Policy = &password.Policy{MinLength: cfg.PasswordMinLength, Site: views.Site}
	c.Users = user.NewStore(c.DB, c.Now)
	c.Users.Dotted = cfg.Production()
	c.Audit = audit.New(c.DB, c.Log, c.Now)
	c.Login = login.New(login.Options{
		DB: c.DB, Sessions: c.Sessions, Users: c.Users, Audit: c.Audit, Hasher: c.Hasher, Buckets: c.Buckets, Limit: c.Limits.Limit,
		Log: c.Log, Now: c.Now,
		Idle: cfg.LoginIdle, Lifetime: cfg.LoginLifetime, RememberIdle: cfg.RememberIdle, RememberLifetime: cfg.RememberLifetime,
		FreshFor: cfg.FreshFor, KnownCookie: cfg.KnownCookieName(), Secure: cfg.Secure(),
	})
	c.Account = account.New(account.Options{
		DB: c.DB, Users: c.Users, Audit: c.Audit, Login: c.Login, Mail: c.Mail, Hasher: c.Hasher, Buckets: c.Buckets,
		Links: &link.Service{DB: c.DB, Users: c.Users, Now: c.Now, BaseURL: a.baseURL},
		Limit: c.Limits.Limit, Log: c.Log, Now: c.Now, Site: views.Site, BaseURL: a.baseURL, Registration: cfg.Registration,
	})
	c.Factors = factor.New(factor.Options{
		DB: c.DB, Users: c.Users, Audit: c.Audit, Login: c.Login, Account: c.Account, Mail: c.Mail, Buckets: c.Buckets,
		Limit: c.Limits.Limit, Now: c.Now, Factors: feature.Factors(a.features), Require: cfg.RequireFactor, RecoverAfter: cfg.FactorRecoveryAfter,
	})
	c.Operator = operator.Service{Service: c.Account}
	for _, f := range a.features {
		if f.On != nil {
			c.Audit.Subscribe(f.On)
		}
		if f.CheckPassword != nil {
			c.Policy.More = append(c.Policy.More, f.CheckPassword)
		}
	}
	return nil
}

// beginAccounts begins what accounts need while the program serves: hashes take the time of the dearest that is stored, also
// if the program is to end at once, and mails leave until the context ends. What the last requests promise waits for the next
// start. end waits for the mail that is under way.
func (a *App) beginAccounts(ctx context.Context) (end func(), err error) {
	highest, err := a.Users.HighestCost(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	a.Hasher.Raise(highest)
	mailing, stop := context.WithCancel(ctx)
	var mailed sync.WaitGroup
	mailed.Go(func() { a.Mail.Run(mailing) })
	return func() { stop(); mailed.Wait() }, nil
}

// accountSweeps delete what has expired of accounts, logins before sessions.
func (a *App) accountSweeps() []func(context.Context) (int64, error) {
	return []func(context.Context) (int64, error){
		a.Login.Sweep, a.Users.Sweep, a.Account.Links.Sweep, a.Factors.Sweep, a.Audit.Sweep, a.Mail.Sweep,
	}
}

// accountLimits are the lines of the table of limits about accounts.
var accountLimits = slices.Concat(login.Limits, account.Limits, factor.Limits)

// accountRoutes are the lines of the map about accounts.
func (a *App) accountRoutes() []web.Route {
	var leaving []views.Link
	a.account = accountpages.Menu()
	for _, f := range a.features {
		leaving = append(leaving, f.Leaving...)
		a.account = append(a.account, f.Account...)
	}
	second := secondfactor.New(a.Core)
	places := feature.JoinPlaces(append(slices.Clone(a.features), feature.Feature{Places: second.Places()}))
	return slices.Concat(
		[]web.Route{web.Public.At("GET /.well-known/change-password", changePassword).WithoutSession()},
		second.Routes(), auth.New(a.Core, places).Routes(), accountpages.New(a.Core, feature.Tables(a.features), leaving, places).Routes(),
	)
}

// changePassword leads password managers to the right page (W3C, A Well-Known URL for Changing Passwords).
func changePassword(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/account/password", http.StatusFound)
	return nil
}

// user puts into a page what the layout shows of who is logged in.
func (a *App) user(ctx context.Context, p *views.Page) {
	u, in := login.From(ctx)
	p.LoggedIn, p.Name, p.Email, p.User, p.CanJoin, p.Account = in, u.Name, u.Email, u.Mark(), a.Account.CanRegister(), a.account
	p.Now = p.Now.In(u.Location())
}

// who is whose tries a route's limit counts: the user's or, for a guest, those of the address.
func who(r *http.Request) string {
	u, _ := login.From(r.Context())
	return cmp.Or(u.ID, web.RequestOf(r.Context()).Network())
}
