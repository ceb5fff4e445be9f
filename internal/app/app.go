// Package app joins everything. routes.go is the map: every address and who may open it;
// this file builds the parts and lists the middleware in running order.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/migrations"
	"example.com/latchkey/static"
	"example.com/latchkey/views"
)

// An App is the running application.
type App struct {
	Config   config.Config
	Log      *slog.Logger
	Now      func() time.Time
	DB       *database.DB
	Mail     *mail.Outbox
	Sessions *session.Sessions
	Login    *login.Module

	limits  *ratelimit.Store
	static  *static.Files
	menu    []web.Route
	address atomic.Pointer[string] // where it listens, as http://…
	exports []web.Export
	handler http.Handler
}

// New builds the application: it opens and migrates the database, and serves nothing yet.
// now is the clock that everything goes by.
func New(ctx context.Context, cfg config.Config, log *slog.Logger, now func() time.Time) (*App, error) {
	db, err := database.Open(ctx, cfg.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL=%q cannot be opened: %s", cfg.DatabaseName(), strings.ReplaceAll(err.Error(), "\n", " "))
	}
	a := &App{Config: cfg, Log: log, Now: now, DB: db, limits: ratelimit.NewStore(db, now)}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

func (a *App) build(ctx context.Context) (err error) {
	cfg := a.Config
	if cfg.AutoMigrate {
		n, err := a.DB.Migrate(ctx, migrations.Files)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		a.Log.Info("database ready", "migrations", n)
	} else if pending, err := a.DB.Pending(ctx, migrations.Files); err != nil || pending {
		return errors.Join(err, errors.New("the database lacks migrations: run `latchkey migrate`, or set AUTO_MIGRATE=on"))
	}
	if a.static, err = static.New(); err != nil {
		return err
	}
	a.static.NotFound = a.missing
	edge := &web.Edge{
		Base: cfg.Base(), Loopback: !cfg.Production(), ExtraHosts: cfg.ExtraHosts, Proxies: cfg.TrustedProxies, Log: a.Log, Now: a.Now,
	}
	limit := limits(cfg).Limit
	a.Sessions = session.New(session.Options{
		DB: a.DB, Limits: a.limits, Log: a.Log, Now: a.Now,
		CookieName: cfg.FullCookieName(), CookieDomain: cfg.CookieDomain, Secure: cfg.Secure(),
		Lifetime: cfg.SessionLifetime, Fixed: !cfg.SessionSliding,
		Creation: limit("visitor.address"),
		Fail:     web.Fail, Headers: edge.Headers,
	})
	a.Mail, err = mail.New(mail.Options{
		DB: a.DB, Log: a.Log, Now: a.Now, Site: views.Site, SMTPURL: cfg.SMTPURL, From: cfg.MailFrom, Development: !cfg.Production(),
	})
	if err != nil {
		return err
	}
	a.Login, err = login.New(login.Options{
		DB: a.DB, Sessions: a.Sessions, Limits: a.limits, Mail: a.Mail, Log: a.Log, Now: a.Now,
		Site: views.Site, BaseURL: a.BaseURL, Registration: cfg.Registration, MinPassword: cfg.PasswordMinLength, Pwned: cfg.PwnedPasswords, BcryptCost: cfg.BcryptCost,
		Idle: cfg.LoginIdle, Lifetime: cfg.LoginLifetime, RememberIdle: cfg.RememberIdle, RememberLifetime: cfg.RememberLifetime,
		FreshFor: cfg.FreshFor, KnownCookie: cfg.FullCookieName() + "_known", CookieDomain: cfg.CookieDomain, Secure: cfg.Secure(),
		Tries: login.Tries{
			AccountAddress: limit("login.account_address"),
			Account:        limit("login.account"),
			Address:        limit("login.address"),
			KnownBrowser:   limit("login.known"),
			Confirm:        limit("login.confirm"),
			Register:       limit("register.address"),
			MailAddress:    limit("mail.address"),
			MailAccount:    limit("mail.account"),
			Link:           limit("link.address"),
			Export:         limit("export.account"),
		},
	})
	if err != nil {
		return err
	}
	routes := a.routes()
	for _, rt := range routes {
		if rt.Menu != "" {
			a.menu = append(a.menu, rt)
		}
	}
	a.exports = web.Exports(routes)
	t := newTable(routes, a.Login.Guard)

	// The middleware in running order, read from the bottom: what is refused above never reaches what stands below.
	h := http.Handler(t)
	h = devOnly(h)            // /dev/* is for whoever sits at this machine
	h = a.page(h)             // what the layout shows
	h = a.Login.Handler(h)    // who is logged in
	h = a.Sessions.Handler(h) // which browser it is; commits before the first byte
	h = exceptBare(t, h)      // routes without a session stay outside of it
	h = a.shed(h)             // log ins that nobody has time for
	h = edge.Handler(t.route, h)
	a.handler = a.plainPage(h)
	return nil
}

// shed refuses a log in while the queue of those who wait for a processor is full.
func (a *App) shed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rt := web.RequestOf(r.Context()).Route; rt != nil && rt.Pattern == "POST /login" {
			if err := a.Login.Overloaded(); err != nil {
				web.Fail(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// exceptBare serves routes without a session directly.
func exceptBare(t *table, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rt := web.RequestOf(r.Context()).Route; rt != nil && rt.NoSession {
			t.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *App) missing(w http.ResponseWriter, r *http.Request) { web.Fail(w, r, fault.NotFound) }

// ServeHTTP answers a request.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Close writes what waits and closes the database. Call it when nothing is served any more.
func (a *App) Close() error {
	return errors.Join(a.Sessions.Flush(context.Background()), a.DB.Close())
}
