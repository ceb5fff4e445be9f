// Package activity shows a user the security history of their account.
package activity

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// Activity is the page of the history.
type Activity struct{ *feature.Core }

// New returns the feature.
func New(core *feature.Core) feature.Feature {
	a := &Activity{core}
	return feature.Feature{
		Name:    "activity",
		Routes:  []web.Route{web.Private.At("GET /account/activity", a.show).Titled("Activity")},
		Account: []views.Link{{Href: "/account/activity", Label: "Activity", Icon: "clock"}},
	}
}

func (a *Activity) show(w http.ResponseWriter, r *http.Request) error {
	events, page, err := a.Audit.History(r.Context(), login.Current(r).ID, web.PageNumber(r))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, activityPage(events, page))
}

// eventWords says each event as its owner reads it.
var eventWords = map[string]string{
	audit.Registered:             "Account registered",
	audit.AddressVerified:        "Address verified",
	audit.AddressChangeRequested: "Change of address requested",
	audit.AddressChanged:         "Address changed",
	audit.AddressRestored:        "Change of address taken back, account secured",
	audit.LoggedIn:               "Logged in",
	audit.LogInFailed:            "Somebody tried to log in with a wrong password",
	audit.MailLogInRequested:     "Code to log in sent by mail",
	audit.LoggedOut:              "Logged out",
	audit.OthersEnded:            "All other devices logged out",
	audit.LoginExpired:           "Login ended by time",
	audit.Confirmed:              "Password confirmed",
	audit.ConfirmFailed:          "Somebody who was logged in gave a wrong password",
	audit.PasswordChanged:        "Password changed",
	audit.PasswordResetRequested: "Link to a new password sent",
	audit.PasswordReset:          "Password changed by a link",
	audit.PasswordRemoved:        "Earlier password no longer works: the address was verified in another browser",
	audit.PasskeyAdded:           "Passkey added",
	audit.PasskeyRemoved:         "Passkey removed",
	audit.PasskeyRenamed:         "Passkey renamed",
	audit.PasskeySyncs:           "Passkey can be kept on several devices now",
	audit.PasskeyCopied:          "Passkey refused: there may be a copy of it",
	audit.FactorAsked:            "First step of a log in done, second factor asked for",
	audit.FactorAdded:            "Second factor added",
	audit.FactorRemoved:          "Second factor removed",
	audit.FactorFailed:           "Somebody with your password gave a wrong second factor",
	audit.FactorLost:             "Removal of lost second factors asked for",
	audit.FactorKept:             "Removal of second factors cancelled",
	audit.RecoveryMade:           "New recovery codes made",
	audit.RecoveryUsed:           "Recovery code used",
	audit.SiteLinked:             "Other site linked",
	audit.SiteUnlinked:           "Other site unlinked",
	audit.AccountSecured:         "“This wasn’t me”: account secured",
	audit.DataExported:           "Data downloaded",
	audit.AccountDisabled:        "Account disabled",
	audit.AccountEnabled:         "Account enabled",
	audit.RoleChanged:            "Role changed",
}

func words(e audit.Event) string {
	if e.Name == audit.LogInFailed && e.Detail != "" {
		return "Somebody tried to log in"
	}
	if text, ok := eventWords[e.Name]; ok {
		return text
	}
	return e.Name
}

// alarming reports whether the page marks the event with "Check this".
func alarming(e audit.Event) bool {
	switch e.Name {
	case audit.LogInFailed, audit.ConfirmFailed, audit.AddressRestored, audit.AccountSecured, audit.PasswordRemoved, audit.AccountDisabled,
		audit.PasskeyCopied, audit.FactorFailed, audit.FactorLost, audit.RecoveryUsed:
		return true
	}
	return false
}

// about says what the event concerned and where it came from, in one line.
func about(e audit.Event) string {
	var parts []string
	if e.Detail != "" {
		parts = append(parts, e.Detail)
	}
	if e.UserAgent != "" {
		parts = append(parts, web.BrowserName(e.UserAgent)+", from "+views.Network(e.Network))
	}
	text := strings.Join(parts, ". ")
	if text == "" {
		return ""
	}
	if word, _, _ := strings.Cut(text, " "); !strings.Contains(word, "@") { // an address begins as it was written
		first, size := utf8.DecodeRuneInString(text)
		text = string(unicode.ToUpper(first)) + text[size:]
	}
	return text + "."
}
