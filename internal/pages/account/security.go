package account

import (
	"fmt"
	"net/http"
	"time"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// security shows how one gets into the account, and where one is logged in. A new way in is a row of its page, by Places.
func (p *Pages) security(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	logins, err := p.Login.Logins(r.Context(), u.ID)
	if err != nil {
		return err
	}
	known, err := p.Login.KnownBrowsers(r.Context(), u.ID)
	if err != nil {
		return err
	}
	part, err := p.places.Security.On(r)
	if err != nil {
		return err
	}
	v := securityView{User: u, Logins: logins, This: login.CurrentLogin(r).ID, Known: known}
	if v.Ways, err = p.WaysIn(r.Context(), u); err != nil {
		return err
	}
	if v.Advice, err = p.advice(r, u, v.Ways); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, securityPage(v, part))
}

// A securityView is what Login & security shows.
type securityView struct {
	User   user.User
	Ways   []feature.Way
	Advice feature.Advice
	Logins []login.Login
	This   string // the id of the login of this browser
	Known  int    // how many browsers have been logged in
}

// last reports whether the password is the last way in, which it is as long as nothing was added.
func (v securityView) last() bool { return len(feature.Lasting(v.Ways)) == 1 }

// advice is the next step that the page recommends: to verify the address, or what a feature says.
func (p *Pages) advice(r *http.Request, u user.User, ways []feature.Way) (feature.Advice, error) {
	if !u.Verified() && p.Mail.On() {
		return feature.Advice{Label: "Verify your address", Href: "/account", Why: "Then you can get a new password by mail."}, nil
	}
	return p.Advise(r, ways)
}

func (p *Pages) endDevice(w http.ResponseWriter, r *http.Request) error {
	if err := p.Login.End(r.Context(), login.Current(r).ID, r.PathValue("id")); err != nil {
		return err
	}
	session.Flash(r.Context(), "That browser was logged out.")
	return web.SeeOther(w, r, "/account/devices")
}

func (p *Pages) askEndOthers(w http.ResponseWriter, r *http.Request) error {
	logins, err := p.Login.Logins(r.Context(), login.Current(r).ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, endOthersPage(len(logins)-1))
}

func (p *Pages) endOthers(w http.ResponseWriter, r *http.Request) error {
	known, err := p.Login.EndOthers(r.Context(), p.Login.Known(r))
	if err != nil {
		return err
	}
	p.Login.SetKnownCookie(w, known)
	session.Flash(r.Context(), "All other browsers were logged out.")
	return web.SeeOther(w, r, "/account/devices")
}

// kept says how long a login lasts.
func kept(l login.Login) string {
	if !l.Remembered {
		return "until the browser is closed"
	}
	return fmt.Sprintf("for at most %d days", int(l.ExpiresAt.Sub(l.CreatedAt)/(24*time.Hour)))
}

// otherDevices names the other browsers where the user is logged in, after "the": "2 other devices".
func otherDevices(n int) string {
	if n == 1 {
		return "other device"
	}
	return views.Plural(n, "other device")
}
