package chrome

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// An Authenticator keeps the passkeys of a tab, as a phone or a laptop with a fingerprint reader does. Its user is there,
// and always willing.
type Authenticator struct {
	b  *Browser
	id webauthn.AuthenticatorID
}

// NewAuthenticator gives the tab an authenticator without passkeys.
func (b *Browser) NewAuthenticator() *Authenticator {
	b.t.Helper()
	call(b, webauthn.Enable, webauthn.EnableParams{})
	made := call(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	return &Authenticator{b, made.AuthenticatorID}
}

// Passkeys returns how many passkeys there are.
func (a *Authenticator) Passkeys() int {
	a.b.t.Helper()
	return len(call(a.b, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id}).Credentials)
}

// Verify says whether the user is recognised from now on, by their finger or PIN.
func (a *Authenticator) Verify(is bool) {
	a.b.t.Helper()
	call(a.b, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: a.id, IsUserVerified: is})
}

// Present says whether the user is there from now on: without one, what asks for a passkey waits.
func (a *Authenticator) Present(is bool) {
	a.b.t.Helper()
	call(a.b, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: a.id, Enabled: is})
}

func call[P, R any](b *Browser, c cdp.Command[P, R], params P) (result R) {
	b.t.Helper()
	b.do("call "+string(c.Method), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) (err error) {
		result, err = cdp.Call(ctx, tab, c, params)
		return err
	}))
	return result
}
