package account

import (
	"net/http"
	"strconv"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/web"
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

// security shows how one gets into the account. A new way in is a line here.
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
	return web.Render(w, r, http.StatusOK, securityPage(u, len(logins)-1, known))
}

// eventWords says each event of the history as its owner reads it.
var eventWords = map[string]string{
	login.Registered:      "Account registered",
	login.Proven:          "Address proven",
	login.AddressAsked:    "Another address asked for",
	login.AddressChanged:  "Address changed",
	login.AddressUndone:   "Change of address taken back, account secured",
	login.LoggedIn:        "Logged in",
	login.LogInFailed:     "Somebody tried to log in with a wrong password",
	login.LoggedOut:       "Login ended",
	login.OthersEnded:     "Other logins ended",
	login.LoginExpired:    "Login ran out",
	login.Confirmed:       "Password confirmed",
	login.ConfirmFailed:   "Somebody who was logged in gave a wrong password",
	login.PasswordChanged: "Password changed",
	login.PasswordAsked:   "Link to a new password sent",
	login.PasswordReset:   "Password changed by a link",
	login.PasswordSpoiled: "Earlier password ended: the address was proven by another browser",
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
