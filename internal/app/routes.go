package app

import (
	"example.com/latchkey/internal/pages/account"
	"example.com/latchkey/internal/pages/enter"
	"example.com/latchkey/internal/pages/home"
	"example.com/latchkey/internal/sections/notes"
	"example.com/latchkey/internal/web"
)

// routes is the map of the application: every address, and who may open it.
// routes.txt is the same map printed, so that a review shows who gained access to what.
func (a *App) routes() []web.Route {
	routes := []web.Route{
		web.Public.At("GET /healthz", a.health).WithoutSession(),
		web.Public.At("GET /readyz", a.ready).WithoutSession(),
		web.Public.At("GET /robots.txt", a.robots).WithoutSession(),
		web.Public.At("GET /.well-known/change-password", a.changePassword).WithoutSession(),
		web.Public.At("GET /static/{file...}", a.file).WithoutSession(),
	}
	routes = append(routes, home.New(a.Sessions, a.Login).Routes()...)
	routes = append(routes, enter.New(a.Login).Routes()...)
	// The account's pages ask later what is exported, when the whole map is known.
	routes = append(routes, account.New(a.Login, func() []web.Export { return a.exports }).Routes()...)

	// Sections: one folder in internal/sections, one line here.
	routes = append(routes, web.Within("/notes", web.Private, notes.New(a.DB, a.Now).Routes())...)

	if !a.Config.Production() {
		routes = append(routes, a.devRoutes()...)
	}
	return routes
}
