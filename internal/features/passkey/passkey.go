// Package passkey lets users log in, register and confirm with passkeys (WebAuthn Level 3), beside a password or without
// one. Challenges are kept on the server; each is for one browser, counts once, and expires after five minutes. The
// authenticator must verify its user. The relying party is the host of BASE_URL.
package passkey

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// maxPasskeys is how many passkeys an account may have.
const maxPasskeys = 20

// The pages. Their menu entry is that of Login & security.
const (
	securityPath = "/account/devices"
	listPath     = "/account/security/passkeys"
	addPath      = listPath + "/add"
)

// Passkeys is the feature: the passkeys of all accounts, and their pages.
type Passkeys struct{ *feature.Core }

// New returns the feature.
func New(core *feature.Core) feature.Feature {
	p := &Passkeys{core}
	return feature.Feature{
		Name: "passkey",
		Routes: []web.Route{
			web.Public.At("GET /.well-known/passkey-endpoints", p.endpoints).WithoutSession(),
			web.Guest.At("POST /login/passkey/options", p.logInOptions).WithoutVisit().Limited("passkey.challenge"),
			web.Guest.At("POST /login/passkey", p.logIn).Limited("passkey.use"),
			web.Guest.At("POST /register/passkey/options", p.registerOptions).WithoutVisit().Limited("passkey.challenge"),
			web.Guest.At("POST /register/passkey", p.register).Limited("passkey.use"),
			web.Guest.At("POST "+stepPath+"/options", p.stepOptions).WithoutVisit().Limited("passkey.challenge"),
			web.Private.At("POST /confirm/passkey/options", p.confirmOptions).WithoutVisit().Limited("passkey.challenge"),
			web.Private.At("POST /confirm/passkey", p.confirm).Limited("passkey.use"),
			web.Private.At("GET "+listPath, p.page(listPage)).Titled("Passkeys"),
			web.Fresh.At("POST "+listPath, p.add).Limited("passkey.use"),
			web.Fresh.At("GET "+addPath, p.page(addPage)).Titled("Add a passkey"),
			web.Fresh.At("POST "+addPath+"/options", p.addOptions).WithoutVisit().Limited("passkey.challenge"),
			web.Private.At("GET "+listPath+"/{id}", p.edit).Titled("Rename a passkey"),
			web.Private.At("POST "+listPath+"/{id}", p.rename),
			web.Fresh.At("GET "+listPath+"/{id}/remove", p.askRemove).Titled("Remove a passkey"),
			web.Fresh.At("POST "+listPath+"/{id}/remove", p.remove),
		},
		On:     p.on,
		WaysIn: p.waysIn,
		Advise: p.advise,
		Factor: p.factor(),
		Places: feature.Places{LogIn: p.logInPart, Register: p.registerPart, Confirm: p.confirmPart, Security: p.securityPart},
		Limits: []ratelimit.Named{
			{Name: "passkey.challenge", Act: "begin to use or add a passkey", By: "account or, before log in, address", Setting: "LIMIT_PASSKEY_CHALLENGE", Tries: 300},
			{Name: "passkey.use", Act: "use or add a passkey", By: "account or, before log in, address", Setting: "LIMIT_PASSKEY_USE", Tries: 60},
		},
		Exports: []database.Export{{
			Table: "passkeys", About: "Your passkeys",
			Columns: `id, credential_id, public_key, name, aaguid, transports, sign_count, backup_eligible AS "backup_eligible?", backed_up AS "backed_up?", created_at, used_at`,
		}},
		Sweep: p.sweep,
	}
}

// on deletes passkeys that an event invalidates, and mails the owner, in the transaction of the event.
func (p *Passkeys) on(ctx context.Context, e audit.Event) error {
	switch e.Name {
	// An intruder may have added a passkey, and so may somebody who registered with another person's address.
	case audit.AccountSecured, audit.AddressRestored, audit.PasswordRemoved:
		return p.deleteAll(ctx, e.User.ID)
	case audit.PasswordReset:
		if !e.User.Verified() { // the first to show that the address is theirs, who need not be who registered
			return p.deleteAll(ctx, e.User.ID)
		}
	case audit.PasskeyAdded:
		return p.Account.Notify(ctx, "", e, mail.Notice("passkey-added", "A passkey was added", "A passkey was added",
			"a passkey was added to your account at %s. Whoever has it can log in without your password."))
	case audit.PasskeyRemoved:
		return p.Account.Notify(ctx, "", e, mail.Notice("passkey-removed", "A passkey was removed", "A passkey was removed",
			"a passkey was removed from your account at %s. Nobody can log in with it any more."))
	case audit.PasskeyCopied:
		return p.Account.Notify(ctx, "passkey-copied", e, mail.Notice("passkey-copied", "A passkey was refused", "Is there a copy of your passkey?",
			"somebody used a passkey of your account at %s whose counter went back, which a copy of a security key does. We refused it. If it was you, remove this passkey and add it again."))
	}
	return nil
}

// party returns the relying party for a request, and whether there can be one: the host of BASE_URL or, in development without
// it, the host of the request, which the edge has accepted. It must be a domain name, not an IP address.
func (p *Passkeys) party(r *http.Request) (*webauthn.WebAuthn, bool) {
	base := p.Config.Base()
	if base == nil {
		base = &url.URL{Scheme: "http", Host: strings.ToLower(r.Host)}
	}
	selection := protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired}
	selection.RequireResidentKey = protocol.ResidentKeyRequired()
	party, err := webauthn.New(&webauthn.Config{
		RPID: base.Hostname(), RPDisplayName: views.Site, RPOrigins: []string{base.Scheme + "://" + base.Host},
		AttestationPreference: protocol.PreferNoAttestation, AuthenticatorSelection: selection,
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: challengeFor, TimeoutUVD: challengeFor},
			Registration: webauthn.TimeoutConfig{Timeout: challengeFor, TimeoutUVD: challengeFor},
		},
		// Some password managers send more than they were asked for.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	return party, err == nil
}

// endpoints tells password managers where passkeys are added and managed (W3C, A Well-Known URL for Relying Party Passkey
// Endpoints).
func (p *Passkeys) endpoints(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "no-cache")
	return writeJSON(w, http.StatusOK, map[string]string{"enroll": p.BaseURL() + addPath, "manage": p.BaseURL() + listPath})
}

func writeJSON(w http.ResponseWriter, status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(text) //nolint:errcheck // the client went away
	return nil
}

// byName returns the address of the passkeys' page under localhost, for a developer who came by 127.0.0.1; "" in production.
func byName(development bool, r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if !development || err != nil {
		return ""
	}
	return "http://localhost:" + port + listPath
}
