package app

import (
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/pages/home"
	"example.com/latchkey/internal/web"
)

// routes is the map of the application: every address, and who may open it. routes.txt is the same map in print, so that a
// review shows who gained access to what.
func (a *App) routes() []web.Route {
	routes := []web.Route{
		web.Public.At("GET /healthz", a.health).WithoutSession(),
		web.Public.At("GET /readyz", a.ready).WithoutSession(),
		web.Public.At("GET /robots.txt", a.robots).WithoutSession(),
		web.Public.At("GET /static/{file...}", a.file).WithoutSession(),
	}
	for _, f := range a.features {
		routes = append(routes, f.Routes...)
	}
	routes = append(routes, home.New(a.Core).Routes()...)
	routes = append(routes, a.accountRoutes()...)
	return routes
}

// PrintRoutes returns the whole map of the program as routes.txt holds it, with what is there in development only.
func PrintRoutes() string {
	core := &feature.Core{}
	return web.PrintMap((&App{Core: core, features: features(core)}).routes())
}
