package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// newCore builds the layers, from the bottom up.
func newCore(a *App, edge *web.Edge) error {
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
	if err := newAccounts(a); err != nil {
		return err
	}
	for _, f := range a.features {
		if f.Settings != nil {
			cfg.Fill(f.Settings)
		}
		if f.Seen != nil {
			c.Sessions.OnSeen(f.Seen)
		}
	}
	return nil
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
	all := slices.Concat(accountLimits, session.Limits)
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
		if err := a.Buckets.Take(r.Context(), limit.For(who(r))); err != nil {
			return err
		}
		return rt.Handler(w, r)
	}
}
