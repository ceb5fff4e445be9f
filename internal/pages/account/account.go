// Package account is where users look after their accounts: profile, address, password, and the browsers that are logged in.
package account

import (
	"net/http"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// Pages are the account's pages.
type Pages struct {
	*feature.Core
	tables  []database.Export
	leaving []views.Link
	places  feature.Places
}

// New returns the pages. tables are all that hold something of a user; leaving is what the page that deletes the account
// offers first; places are what features add to the pages.
func New(core *feature.Core, tables []database.Export, leaving []views.Link, places feature.Places) *Pages {
	return &Pages{core, tables, leaving, places}
}

// Routes are the lines of the map for these pages.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		web.Private.At("GET /account", p.overview).Titled("Profile"),
		web.Private.At("GET /account/profile", p.editProfile).Titled("Change your profile"),
		web.Private.At("POST /account/profile", p.saveProfile),
		web.Private.At("GET /account/password", p.editPassword).Titled("Change your password"),
		web.Private.At("POST /account/password", p.changePassword).HashesPassword(),
		web.Private.At("GET /account/devices", p.security).Titled("Login & security"),
		web.Fresh.At("POST /account/devices/{id}/end", p.endDevice),
		web.Fresh.At("GET /account/devices/end-others", p.askEndOthers).Titled("Log out your other devices"),
		web.Fresh.At("POST /account/devices/end-others", p.endOthers),
		web.Fresh.At("GET /account/security", p.security).Titled("Login & security"),
		web.Fresh.At("GET /account/email", p.editEmail).Titled("Change your e-mail address"),
		web.Fresh.At("POST /account/email", p.changeEmail),
		web.Private.At("POST /account/email/cancel", p.cancelEmail),
		web.Fresh.At("GET /account/delete", p.askDelete).Limited("account.holdings").Titled("Delete your account"),
		web.Fresh.At("POST /account/delete", p.delete).AcceptsRevoked(),
		web.Private.At("GET /confirm", p.showConfirm).Titled("Confirm your password"),
		web.Private.At("POST /confirm", p.confirm).HashesPassword(),
	}
}

// Menu are the entries of the menu of the account's pages. With those of features there are five at most: what is new goes
// into a page that is there.
func Menu() []views.Link {
	return []views.Link{
		{Href: "/account", Label: "Profile", Icon: "person"},
		{Href: "/account/devices", Label: "Login & security", Icon: "shield", Also: []string{"/account/password", "/account/security"}},
	}
}

func (p *Pages) overview(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	pending, err := p.Account.PendingEmail(r.Context(), u.ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, overviewPage(u, pending, p.Mail.On()))
}
