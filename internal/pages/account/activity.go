package account

import (
	"net/http"
	"strconv"
	"strings"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// activity shows the security history of the account.
func (p *Pages) activity(w http.ResponseWriter, r *http.Request) error {
	page, err := strconv.Atoi(r.FormValue("page"))
	if err != nil {
		page = 1
	}
	events, number, pages, err := p.login.History(r.Context(), login.Current(r).ID, page)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, activityPage(events, number, pages))
}

// security shows how one gets into the account, and where one is logged in. A new way in is a row of its page.
func (p *Pages) security(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	logins, err := p.login.Logins(r.Context(), u.ID)
	if err != nil {
		return err
	}
	known, err := p.login.KnownBrowsers(r.Context(), u.ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, securityPage(u, logins, login.CurrentLogin(r).ID, known))
}

// eventWords says each event of the history as its owner reads it.
var eventWords = map[string]string{
	login.Registered:      "Account registered",
	login.Proven:          "Address verified",
	login.AddressAsked:    "Change of address requested",
	login.AddressChanged:  "Address changed",
	login.AddressUndone:   "Change of address taken back, account secured",
	login.LoggedIn:        "Logged in",
	login.LogInFailed:     "Somebody tried to log in with a wrong password",
	login.LoggedOut:       "Logged out",
	login.OthersEnded:     "All other devices logged out",
	login.LoginExpired:    "Login ended by time",
	login.Confirmed:       "Password confirmed",
	login.ConfirmFailed:   "Somebody who was logged in gave a wrong password",
	login.PasswordChanged: "Password changed",
	login.PasswordAsked:   "Link to a new password sent",
	login.PasswordReset:   "Password changed by a link",
	login.PasswordSpoiled: "Earlier password no longer works: the address was verified in another browser",
	login.Secured:         "“This wasn’t me”: account secured",
	login.DataExported:    "Data downloaded",
	login.Disabled:        "Account disabled",
	login.Enabled:         "Account enabled",
}

func words(e login.Event) string {
	if text, ok := eventWords[e.Name]; ok {
		return text
	}
	return e.Name
}

// alarming reports whether the owner should look twice.
func alarming(e login.Event) bool {
	switch e.Name {
	case login.LogInFailed, login.ConfirmFailed, login.AddressUndone, login.Secured, login.PasswordSpoiled, login.Disabled:
		return true
	}
	return false
}

// about says what else is known of an event: what it was about, and where it came from.
func about(e login.Event) string {
	var parts []string
	if e.Detail != "" {
		parts = append(parts, e.Detail)
	}
	if e.UserAgent != "" {
		parts = append(parts, login.DeviceName(e.UserAgent)+", from "+views.Network(e.Network))
	}
	text := strings.Join(parts, ". ")
	if text == "" {
		return ""
	}
	return upper(text) + "."
}
