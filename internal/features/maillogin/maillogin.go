// Package maillogin lets users log in by mail: with a code of eight characters, or with the link in the same mail. A code
// works once, for ten minutes, in the browser that asked for it; the link, opened in any other browser, shows the code to type
// there. Only a verified address is sent a code, and no answer tells whether an address is one.
package maillogin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// worksFor is how long a code works (OWASP ASVS 6.5.5: at most ten minutes).
const worksFor = 10 * time.Minute

// withCode is the detail of the events of a log in with a code.
const withCode = "with a code by mail"

// The pages.
const (
	askPath  = "/login/mail"
	codePath = "/login/mail/code"
	linkPath = "/login/mail/link"
)

// MailLogin is log in by mail.
type MailLogin struct {
	*feature.Core
	settings settings
}

type settings struct {
	On bool `env:"MAIL_LOGIN" envDefault:"on" doc:"log in with a code by mail, where the site can send mail: on or off"`
}

// New returns the feature.
func New(core *feature.Core) feature.Feature {
	m := &MailLogin{Core: core}
	return feature.Feature{
		Name: "maillogin",
		Routes: []web.Route{
			web.Guest.At("GET "+askPath, m.ifOn(m.showAsk)).Titled("Log in by mail"),
			web.Guest.At("POST "+askPath, m.ifOn(m.ask)),
			web.Guest.At("GET "+codePath, m.ifOn(m.showCode)).Titled("Log in by mail"),
			web.Guest.At("POST "+codePath, m.ifOn(m.logIn)).AcceptsRevoked(),
			web.Public.At("GET "+linkPath, m.ifOn(m.open)).Titled("Log in by mail"), // users, too: they may read their mail on a phone
		},
		On:       m.on,
		Settings: &m.settings,
		WaysIn:   m.waysIn,
		Places:   feature.Places{LogIn: m.logInPart, Security: m.securityPart},
		Limits: []ratelimit.Named{
			{Name: "maillogin.account", Act: "type a code that logs in by mail", By: "account", Setting: "LIMIT_MAIL_LOGIN_ACCOUNT", Tries: 10},
			{Name: "maillogin.known", Act: "type one from a known browser", By: "the browser, instead of the two others", Setting: "LIMIT_MAIL_LOGIN_KNOWN_BROWSER", Tries: 10},
			{Name: "maillogin.address", Act: "type a code that logs in by mail", By: "address", Setting: "LIMIT_MAIL_LOGIN_ADDRESS", Tries: 60},
		},
		Exports: []database.Export{{
			Table: "mail_logins", About: "Codes to log in that were sent to you", Key: "token_hash",
			Columns: `email, asked_from, remember AS "remember?", created_at, expires_at`,
		}},
		Privacy: m.privacy,
		Sweep:   m.sweep,
	}
}

// available reports whether log in by mail is turned on and mail can be sent.
func (m *MailLogin) available() bool { return m.settings.On && m.Mail.On() }

// ifOn returns the handler with a check before it: while log in by mail is not available, the answer is 404.
func (m *MailLogin) ifOn(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !m.available() {
			return fault.NotFound
		}
		return next(w, r)
	}
}

// on ends the codes of an account when its password or its address changes, or all its logins are ended, in the transaction of
// the event.
func (m *MailLogin) on(ctx context.Context, e audit.Event) error {
	switch e.Name {
	case audit.PasswordChanged, audit.PasswordReset, audit.OthersEnded, audit.AccountSecured, audit.AccountDisabled,
		audit.AddressChanged, audit.AddressRestored:
		return m.endAll(ctx, e.User.ID)
	}
	return nil
}

// kind is the name of log in by mail among the account's ways in.
const kind = "Mail"

// waysIn returns the mailbox as a way in, once the address is verified. It is a spare one, because a site may stop sending
// mail, and a mailbox is lost more easily than an account.
func (m *MailLogin) waysIn(ctx context.Context, u user.User) ([]feature.Way, error) {
	if !m.available() || !u.Verified() {
		return nil, nil
	}
	used, err := m.Audit.LastUse(ctx, u.ID, withCode)
	return []feature.Way{{Kind: kind, Name: u.Email, UsedAt: used, Spare: true}}, err
}

func (m *MailLogin) securityPart(r *http.Request) (templ.Component, error) {
	if !m.available() {
		return nil, nil
	}
	ways, err := m.waysIn(r.Context(), login.Current(r))
	return securityRow(ways), err
}

// privacy returns the address that this browser asked to log in with, for /privacy.
func (m *MailLogin) privacy(ctx context.Context) (facts []views.Fact, err error) {
	all, err := m.of(ctx, session.Current(ctx).ID)
	if len(all) > 0 {
		facts = append(facts, views.Fact{Label: "Log in by mail", Time: all[0].ExpiresAt, Value: "Until then, a code for " + all[0].Email + " can be typed here."})
	}
	return facts, err
}

func (m *MailLogin) logInPart(*http.Request) (templ.Component, error) {
	if !m.available() {
		return nil, nil
	}
	return logInPart(), nil
}

// errWrong is the one answer to every code that does not work: one of another account or browser, used, expired, or made up.
var errWrong = errors.New("this code does not work")
