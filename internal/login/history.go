package login

import (
	"context"
	"strings"
	"time"

	"github.com/mileusna/useragent"

	"example.com/latchkey/internal/web"
)

// historyAge is how long the security history is kept.
const historyAge = 90 * 24 * time.Hour

// The events of the security history. Their names are stable: docs/reference/events.md lists them.
const (
	Registered      = "account.registered"
	Proven          = "address.proven"
	AddressAsked    = "address.asked"
	AddressChanged  = "address.changed"
	AddressUndone   = "address.undone"
	LoggedIn        = "login.started"
	LogInFailed     = "login.failed"
	LoggedOut       = "login.ended"
	OthersEnded     = "login.others_ended"
	LoginExpired    = "login.expired"
	Confirmed       = "login.confirmed"
	ConfirmFailed   = "login.confirm_failed"
	PasswordChanged = "password.changed"
	PasswordAsked   = "password.reset_asked"
	PasswordReset   = "password.reset"
	PasswordSpoiled = "password.spoiled"
	Secured         = "account.secured"
	DataExported    = "account.exported"
	Disabled        = "account.disabled"
	Enabled         = "account.enabled"
	Deleted         = "account.deleted"
)

// An Event is one line of a user's security history.
type Event struct {
	At        time.Time
	Name      string // one of the constants above
	Detail    string // what it was about: a device, an address; may be empty
	Network   string // truncated
	UserAgent string // of the browser that did it; "" for the command line
}

// note writes an event into the user's history, in the context's transaction if there is one, and logs it once that is
// committed. userID is "" for a try that was about no account: written all the same, so that it costs the same time.
// attrs go to the log alone.
func (m *Module) note(ctx context.Context, name, userID, detail string, attrs ...any) error {
	info := web.RequestOf(ctx)
	e := Event{At: m.Now(), Name: name, Detail: detail, Network: info.Truncated(), UserAgent: info.UserAgent}
	if err := m.insertEvent(ctx, userID, e); err != nil {
		return err
	}
	m.afterCommit(ctx, name, append([]any{"user", userID, "network", e.Network}, attrs...)...)
	return nil
}

// DeviceName names a browser as a person knows it: "Firefox on Linux".
func DeviceName(userAgent string) string {
	ua := useragent.Parse(userAgent)
	switch {
	case ua.Name == "" || ua.Name == userAgent || len(ua.Name) > 40 || strings.ContainsAny(ua.Name+ua.OS, ".:/@<>"): // nobody's words in our mails
		return "Unknown browser"
	case ua.OS == "":
		return ua.Name
	}
	return ua.Name + " on " + ua.OS
}
