// Package app joins everything: features.go lists what stands in a folder of its own, routes.go is the map, core.go builds
// the layers, and this file lists the middleware in running order.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/static"
	"example.com/latchkey/views"
)

// An App is the running application.
type App struct {
	*feature.Core

	features []feature.Feature
	static   *static.Files
	asset    func(name string) string // static.URL
	all      []web.Route
	menu     []web.Route
	account  []views.Link
	address  atomic.Pointer[string] // where it listens, as http://…
	draining atomic.Bool            // asked to end: /readyz says so
	sweeping sync.Mutex             // held by Sweep
	handler  http.Handler
}

// New builds the application: it opens and migrates the database, and serves nothing yet. now is the clock that everything
// goes by. more are features beyond those of features.go: a test's own pages.
func New(ctx context.Context, cfg config.Config, log *slog.Logger, now func() time.Time, more ...func(*feature.Core) feature.Feature) (*App, error) {
	db, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	a := &App{Core: &feature.Core{Config: cfg, Log: log, Now: now, DB: db}}
	c := a.Core
	c.BaseURL, c.Listening = a.baseURL, a.listening
	c.Map = func() []web.Route { return a.all }
	c.Kept = a.kept
	a.features = features(a.Core, more...)
	err = a.build()
	if err == nil {
		err = a.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

func (a *App) build() (err error) {
	if a.static, err = static.New(); err != nil {
		return err
	}
	a.static.NotFound, a.asset = a.missing, a.static.URL
	cfg := a.Config
	edge := &web.Edge{
		Base: cfg.Base(), Loopback: !cfg.Production(), ExtraHosts: cfg.ExtraHosts, Subdomains: cfg.HSTSSubdomains, Proxies: cfg.TrustedProxies, Log: a.Log, Now: a.Now, Plain: a.plainPage,
	}
	if err := newCore(a, edge); err != nil {
		return err
	}
	routes := a.routes()
	a.all = routes
	for _, rt := range routes {
		if rt.Menu != "" {
			a.menu = append(a.menu, rt)
		}
	}
	t := newTable(routes, a.Login.Guard, a.limit)
	edge.Refuse = a.refuse

	// The middleware in running order. What is refused by one never reaches those below it.
	middleware := []func(http.Handler) http.Handler{
		func(next http.Handler) http.Handler { return edge.Handler(t.route, next) }, // for which host, from which site, how much
		a.refuseOverload,   // routes that hash a password, while nobody has time for them
		t.withoutSession,   // static files and health checks need nothing of what follows
		a.Sessions.Handler, // which browser it is; commits before the first byte
		a.Login.Handler,    // who is logged in
		a.page,             // what the layout shows
		a.Factors.Guard,    // REQUIRE_FACTOR: who must have a second factor and has none sets one up first
	}
	for _, f := range a.features {
		if f.Guard != nil {
			middleware = append(middleware, f.Guard)
		}
	}
	a.handler = web.Chain(t, middleware...)
	return nil
}

// ServeHTTP answers a request. While the program ends, each answer ends its connection: a proxy must not send the next
// request on one that is about to be closed.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.draining.Load() {
		w.Header().Set("Connection", "close")
	}
	a.handler.ServeHTTP(w, r)
}

// Close writes what waits and closes the database. Call it when nothing is served any more.
func (a *App) Close() error {
	return errors.Join(a.Sessions.Flush(context.Background()), a.DB.Close())
}
