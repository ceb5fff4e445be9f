package passkey

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/features/passkey/names"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// challengeFor is how long a challenge may be answered.
const challengeFor = 5 * time.Minute

// Purposes of challenges: an answer counts only for the purpose that the challenge was made for.
const (
	toLogIn    = "login"
	toRegister = "register"
	toConfirm  = "confirm"
	toAdd      = "add"
	toStep     = "step"
)

// Reasons why an authenticator's answer is refused.
var (
	errChallenge = errors.New("the challenge is not of this browser, was used, or is too old")
	errUnknown   = errors.New("the passkey is of no account here")
	errTwice     = errors.New("the passkey is there already")
	errCopied    = errors.New("the counter went back")
	errAnswer    = errors.New("the answer does not verify")
)

// A challenge is a random value that an authenticator signs, with what it was made for.
type challenge struct {
	Session webauthn.SessionData `json:"session"`
	Email   string               `json:"email,omitempty"` // to register: whose the account will be
	Name    string               `json:"name,omitempty"`
}

// An owner is a user as the library asks for one. The handle, which authenticators keep, is the account's id.
type owner struct {
	user.User
	passkeys []Passkey
}

func (o owner) WebAuthnID() []byte          { return []byte(o.ID) }
func (o owner) WebAuthnName() string        { return o.Email }
func (o owner) WebAuthnDisplayName() string { return o.Email }
func (o owner) WebAuthnCredentials() (all []webauthn.Credential) {
	for _, k := range o.passkeys {
		all = append(all, k.credential())
	}
	return all
}

// visitorOf returns the id of the visitor, whom challenges belong to. It returns fault.SessionEnded for a browser without
// cookies, which could not be recognised when it answers.
func visitorOf(ctx context.Context) (string, error) {
	id := session.Current(ctx).ID
	if id == "" {
		return "", fmt.Errorf("passkey: %w", fault.SessionEnded)
	}
	return id, nil
}

// ask stores a challenge for the visitor, and answers with the options that the browser hands to the authenticator.
func (p *Passkeys) ask(w http.ResponseWriter, r *http.Request, purpose string, c challenge, options any) error {
	visitor, err := visitorOf(r.Context())
	if err != nil {
		return err
	}
	if err := p.keepChallenge(r.Context(), visitor, purpose, c); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, options)
}

// askToCreate asks for a new passkey. Authenticators that hold a passkey of the account already will refuse.
func (p *Passkeys) askToCreate(w http.ResponseWriter, r *http.Request, purpose string, o owner, c challenge) error {
	party, can := p.party(r)
	if !can {
		return fault.NotFound
	}
	exclude := webauthn.Credentials(o.WebAuthnCredentials()).CredentialDescriptors()
	options, data, err := party.BeginRegistration(o, webauthn.WithExclusions(exclude))
	if err != nil {
		return err
	}
	c.Session = *data
	return p.ask(w, r, purpose, c, options)
}

// created returns the passkey that an authenticator has created, which is not stored yet, and the challenge it answers.
func (p *Passkeys) created(r *http.Request, purpose, answer string) (k Passkey, c challenge, err error) {
	party, can := p.party(r)
	if !can {
		return k, c, fault.NotFound
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return k, c, refuse(err)
	}
	visitor, err := visitorOf(r.Context())
	if err != nil {
		return k, c, err
	}
	if c, err = p.takeChallenge(r.Context(), visitor, purpose, parsed.Response.CollectedClientData.Challenge); err != nil {
		return k, c, err
	}
	made, err := party.CreateCredential(owner{User: user.User{ID: string(c.Session.UserID)}}, c.Session, parsed)
	if err != nil {
		return k, c, refuse(err)
	}
	k = Passkey{
		UserID: string(c.Session.UserID), CredentialID: made.ID, PublicKey: made.PublicKey, SignCount: made.Authenticator.SignCount,
		BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState,
	}
	if id, err := uuid.FromBytes(made.Authenticator.AAGUID); err == nil {
		k.AAGUID = id.String()
	}
	k.Name = names.Of(k.AAGUID, web.RequestOf(r.Context()).UserAgent)
	for _, t := range made.Transport {
		if names.IsTransport(t) {
			k.Transports = append(k.Transports, string(t))
		}
	}
	return k, c, nil
}

// A use is a passkey that an authenticator has shown, and what is to be stored about it.
type use struct {
	user        user.User
	before, now Passkey
}

// shown returns the use of a passkey that an authenticator has shown. of is the user who must own it, the zero User for
// anybody. It does not check whether the account is disabled: that is found out when the account is locked, as for each use.
func (p *Passkeys) shown(r *http.Request, purpose, answer string, of user.User) (u use, err error) {
	ctx := r.Context()
	party, can := p.party(r)
	if !can {
		return u, fault.NotFound
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return u, refuse(err)
	}
	visitor, err := visitorOf(ctx)
	if err != nil {
		return u, err
	}
	c, err := p.takeChallenge(ctx, visitor, purpose, parsed.Response.CollectedClientData.Challenge)
	if err != nil {
		return u, err
	}
	if u.before, err = p.byCredential(ctx, parsed.RawID); errors.Is(err, fault.NotFound) {
		return u, errUnknown
	} else if err != nil {
		return u, err
	}
	if u.user, err = p.Users.ByID(ctx, u.before.UserID); err != nil {
		return u, err
	}
	all, err := p.all(ctx, u.user.ID)
	if err != nil {
		return u, err
	}
	// A passkey may become one that is synced between devices: iCloud Keychain and KeePassXC do that. The library compares the
	// flag with the stored one, and would refuse every log in from then on. The opposite change is rightly refused.
	flags := parsed.Response.AuthenticatorData.Flags
	for i := range all {
		if all[i].ID == u.before.ID && flags.HasBackupEligible() {
			all[i].BackupEligible = true
		}
	}
	o := owner{u.user, all}
	var checked *webauthn.Credential
	if of.ID == "" {
		_, checked, err = party.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return o, nil }, c.Session, parsed)
	} else {
		checked, err = party.ValidateLogin(o, c.Session, parsed)
	}
	if err != nil {
		return u, refuse(err)
	}
	if checked.Authenticator.CloneWarning { // never where the authenticator does not count: then both are 0
		return u, errors.Join(errCopied, p.copied(ctx, u))
	}
	u.now = u.before
	u.now.SignCount, u.now.BackupEligible, u.now.BackedUp = checked.Authenticator.SignCount, flags.HasBackupEligible(), flags.HasBackupState()
	return u, nil
}

// copied records that a passkey's counter went back, a sign that it was copied (WebAuthn Level 3, 6.1.1), and so has its owner
// told by mail.
func (p *Passkeys) copied(ctx context.Context, u use) error {
	return p.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := p.Users.Lock(ctx, u.user.ID); err != nil {
			return err
		}
		return p.Audit.Emit(ctx, audit.Event{Name: audit.PasskeyCopied, User: u.user, Detail: u.before.Name})
	})
}

// use records that the passkey was used, in the transaction of what it was used for, which has locked the account.
func (p *Passkeys) use(ctx context.Context, u use) error {
	if err := p.setUsed(ctx, u.before, u.now); err != nil {
		return err
	}
	if u.now.BackupEligible && !u.before.BackupEligible {
		return p.Audit.Emit(ctx, audit.Event{Name: audit.PasskeySyncs, User: u.user, Detail: u.now.Name})
	}
	return nil
}

// refuse wraps an error of the library, whose text is for the log only.
func refuse(err error) error { return fmt.Errorf("%w: %w", errAnswer, err) }
