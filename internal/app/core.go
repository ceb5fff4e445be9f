package app

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/operator"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// newCore builds the layers, from the bottom up.
func newCore(a *App, edge *web.Edge) (err error) {
	c, cfg := a.Core, a.Config
	c.Buckets = ratelimit.NewStore(c.DB, c.Now)
	c.Limits = ratelimit.NewTable(limitLines(a.features), cfg.LimitWindow, cfg.Int)
	c.Sessions = session.New(session.Options{
		DB: c.DB, Limits: c.Buckets, Log: c.Log, Now: c.Now,
		CookieName: cfg.FullCookieName(), CookieDomain: cfg.CookieDomain, Secure: cfg.Secure(),
		Lifetime: cfg.SessionLifetime, Fixed: !cfg.SessionSliding,
		Creation: c.Limits.Limit("visitor.address"),
		Fail:     web.Fail, Headers: edge.Headers,
	})
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
		Limit: c.Limits.Limit, Now: c.Now, Factors: factors(a.features), Require: cfg.RequireFactor, RecoverAfter: cfg.FactorRecoveryAfter,
	})
	c.Operator = operator.Service{Service: c.Account}
	for _, f := range a.features {
		if f.Settings != nil {
			cfg.Fill(f.Settings)
		}
		if f.On != nil {
			c.Audit.Subscribe(f.On)
		}
		if f.Seen != nil {
			c.Sessions.OnSeen(f.Seen)
		}
		if f.CheckPassword != nil {
			c.Policy.More = append(c.Policy.More, f.CheckPassword)
		}
	}
	return nil
}

// factors are what the features offer as a second factor, in their order.
func factors(features []feature.Feature) (all []factor.Factor) {
	for _, f := range features {
		if f.Factor != nil {
			all = append(all, *f.Factor)
		}
	}
	return all
}

// start lets the features begin, once everything is built.
func (a *App) start(ctx context.Context) error {
	for _, f := range a.features {
		if f.Start != nil {
			if err := f.Start(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// limitLines are the lines of the table of limits: those of the layers, then those of the features.
func limitLines(features []feature.Feature) []ratelimit.Named {
	all := slices.Concat(login.Limits, account.Limits, session.Limits, factor.Limits)
	for _, f := range features {
		all = append(all, f.Limits...)
	}
	return all
}

// PrintLimits returns the table of limits as `latchkey help limits` prints it.
func PrintLimits(cfg config.Config) string {
	return ratelimit.NewTable(limitLines(features(&feature.Core{})), cfg.LimitWindow, cfg.Int).Print()
}

// Settings are the settings beyond those of Config, as config.Load takes them: those of the limits and of the features.
func Settings() []config.Extra {
	declared := features(&feature.Core{})
	extra := []config.Extra{{Ints: limitSettings(limitLines(declared))}}
	for _, f := range declared {
		if f.Settings != nil {
			extra = append(extra, config.Extra{Into: f.Settings})
		}
	}
	return extra
}

// limitSettings makes the settings that the lines name, one for those that share it.
func limitSettings(lines []ratelimit.Named) []config.Int {
	var ints []config.Int
	at := map[string]int{}
	for _, l := range lines {
		doc := l.Act + ", by " + l.By
		if l.Window != 0 {
			doc += fmt.Sprintf(", in %d hours", int(l.Window.Hours()))
		}
		if l.Beyond != "" {
			doc += "; beyond it " + l.Beyond
		}
		if i, shared := at[l.Setting]; shared {
			ints[i].Doc += "; " + doc
			continue
		}
		at[l.Setting] = len(ints)
		ints = append(ints, config.Int{Name: l.Setting, Default: l.Tries, Min: 1, Max: 1_000_000, Doc: "tries to " + doc})
	}
	return ints
}

// Commands are the commands of the features, each a pointer to a struct as kong reads one.
func Commands() (all []any) {
	for _, f := range features(&feature.Core{}) {
		if f.Commands != nil {
			all = append(all, f.Commands)
		}
	}
	return all
}

// Features are what features.go lists, as they are in this program.
func (a *App) Features() []feature.Feature { return a.features }

// landing returns where whoever has just logged in goes, by the first feature that says so.
func (a *App) landing(ctx context.Context) (path string, err error) {
	for _, f := range a.features {
		if f.Landing != nil && path == "" && err == nil {
			path, err = f.Landing(ctx)
		}
	}
	return path, err
}

// waysIn returns what a user logs in with: the password, those of features, and second factors.
func (a *App) waysIn(ctx context.Context, u user.User) (ways []feature.Way, err error) {
	if u.PasswordHash != "" {
		used, err := a.Audit.LastUse(ctx, u.ID, "")
		if err != nil {
			return nil, err
		}
		ways = append(ways, feature.Way{Kind: feature.KindPassword, UsedAt: used})
	}
	for _, f := range a.features {
		var more []feature.Way
		if f.WaysIn != nil {
			more, err = f.WaysIn(ctx, u)
		} else if f.Factor != nil {
			more, err = factorOf(ctx, f.Factor, u.ID)
		}
		if err != nil {
			return nil, err
		}
		ways = append(ways, more...)
	}
	return ways, nil
}

// factorOf returns what the user has of a factor that is nothing but a second step.
func factorOf(ctx context.Context, f *factor.Factor, userID string) ([]feature.Way, error) {
	held, err := f.Has(ctx, userID)
	if err != nil || held.State == factor.None {
		return nil, err
	}
	return []feature.Way{{Kind: f.Title, UsedAt: held.Used, Factor: true}}, nil
}

// advise returns what the first feature recommends that has something to recommend.
func (a *App) advise(r *http.Request, ways []feature.Way) (advice feature.Advice, err error) {
	for _, f := range a.features {
		if f.Advise != nil && advice.Label == "" && err == nil {
			advice, err = f.Advise(r, ways)
		}
	}
	return advice, err
}

// kept is what the features keep about this browser: facts, and parts of /privacy of their own.
func (a *App) kept(r *http.Request) (facts []views.Fact, parts []templ.Component, err error) {
	for _, f := range a.features {
		if f.Privacy != nil {
			more, err := f.Privacy(r.Context())
			if err != nil {
				return nil, nil, err
			}
			facts = append(facts, more...)
		}
		if f.PrivacyPart != nil {
			part, err := f.PrivacyPart(r)
			if err != nil {
				return nil, nil, err
			}
			if part != nil {
				parts = append(parts, part)
			}
		}
	}
	return facts, parts, nil
}

// limit wraps a handler so that each request takes a try from the route's limit, by user or, for a guest, by address.
func (a *App) limit(rt web.Route) web.Handler {
	if rt.Limit == "" {
		return rt.Handler
	}
	limit := a.Limits.Limit(rt.Limit)
	return func(w http.ResponseWriter, r *http.Request) error {
		u, _ := login.From(r.Context())
		who := cmp.Or(u.ID, web.RequestOf(r.Context()).Network())
		if err := a.Buckets.Take(r.Context(), limit.For(who)); err != nil {
			return err
		}
		return rt.Handler(w, r)
	}
}
