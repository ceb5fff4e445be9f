package app

import (
	"slices"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/pages/account"
	"example.com/latchkey/internal/pages/auth"
	"example.com/latchkey/internal/pages/home"
	"example.com/latchkey/internal/pages/secondfactor"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// routes is the map of the application: every address, and who may open it. routes.txt is the same map in print, so that a
// review shows who gained access to what.
func (a *App) routes() []web.Route {
	routes := []web.Route{
		web.Public.At("GET /healthz", a.health).WithoutSession(),
		web.Public.At("GET /readyz", a.ready).WithoutSession(),
		web.Public.At("GET /robots.txt", a.robots).WithoutSession(),
		web.Public.At("GET /.well-known/change-password", a.changePassword).WithoutSession(),
		web.Public.At("GET /static/{file...}", a.file).WithoutSession(),
	}
	var leaving []views.Link
	for _, f := range a.features {
		routes = append(routes, f.Routes...)
		leaving = append(leaving, f.Leaving...)
	}
	routes = append(routes, home.New(a.Core, a.kept).Routes()...)
	second := secondfactor.New(a.Core)
	places := feature.JoinPlaces(append(slices.Clone(a.features), feature.Feature{Places: second.Places()}))
	routes = append(routes, second.Routes()...)
	routes = append(routes, auth.New(a.Core, places).Routes()...)
	routes = append(routes, account.New(a.Core, feature.Tables(a.features), leaving, places).Routes()...)
	return routes
}

// accountMenu are the entries of the menu of the account's pages.
func (a *App) accountMenu() []views.Link {
	menu := account.Menu()
	for _, f := range a.features {
		menu = append(menu, f.Account...)
	}
	return menu
}

// PrintRoutes returns the whole map of the program as routes.txt holds it, with what is there in development only.
func PrintRoutes() string {
	core := &feature.Core{}
	return web.PrintMap((&App{Core: core, features: features(core)}).routes())
}
