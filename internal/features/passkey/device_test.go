package passkey_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"

	"example.com/latchkey/internal/testkit"
)

const (
	listPath = "/account/security/passkeys"
	addPath  = listPath + "/add"
)

// A device is an authenticator with one passkey, whose answers a test can change.
type device struct {
	virtualwebauthn.Authenticator
	virtualwebauthn.Credential
	rp virtualwebauthn.RelyingParty
}

// newDevice returns one that counts, for a site that is asked for by its name.
func newDevice(k *testkit.Kit) *device {
	k.URL = byName(k)
	d := &device{Authenticator: virtualwebauthn.NewAuthenticator(), rp: virtualwebauthn.RelyingParty{ID: "localhost", Origin: k.URL}}
	// The library leaves leading zeros of coordinates out, which COSE does not: take a key without.
	for d.Key == nil || len(d.Key.AttestationData()) != 77 {
		d.Credential = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	d.Counter = 1
	return d
}

// ask posts to an address of options, as the script does.
func ask(b *testkit.Browser, k *testkit.Kit, path string, fields ...string) testkit.Page {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, k.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	return b.Do(r)
}

// create answers options for a new passkey.
func (d *device) create(t *testing.T, options testkit.Page) string {
	t.Helper()
	options.Expect(t, http.StatusOK)
	parsed, err := virtualwebauthn.ParseAttestationOptions(options.Body)
	if err != nil {
		t.Fatal(err, options)
	}
	if d.Options.UserHandle == nil {
		d.Options.UserHandle = []byte(parsed.UserID)
	}
	return virtualwebauthn.CreateAttestationResponse(d.rp, d.Authenticator, d.Credential, *parsed)
}

// show answers options for a log in; each time it counts.
func (d *device) show(t *testing.T, options testkit.Page) string {
	t.Helper()
	options.Expect(t, http.StatusOK)
	parsed, err := virtualwebauthn.ParseAssertionOptions(options.Body)
	if err != nil {
		t.Fatal(err, options)
	}
	if d.Counter > 0 {
		d.Counter++
	}
	return virtualwebauthn.CreateAssertionResponse(d.rp, d.Authenticator, d.Credential, *parsed)
}

// add adds the device's passkey to the account of a browser that is logged in.
func (d *device) add(t *testing.T, k *testkit.Kit, b *testkit.Browser) *device {
	t.Helper()
	b.Post(listPath, "credential", d.create(t, ask(b, k, addPath+"/options"))).Expect(t, http.StatusSeeOther, listPath)
	return d
}

// opened returns a new browser that has opened the log-in page.
func opened(k *testkit.Kit) *testkit.Browser {
	b := k.Browser()
	b.Get("/login")
	return b
}

// logIn logs in with the device's passkey.
func (d *device) logIn(t *testing.T, k *testkit.Kit, b *testkit.Browser) testkit.Page {
	t.Helper()
	return b.Post("/login/passkey", "credential", d.show(t, ask(b, k, "/login/passkey/options")))
}

// ownerOf makes ada, and a device with a passkey of hers.
func ownerOf(t *testing.T, k *testkit.Kit) (*testkit.Browser, *device) {
	t.Helper()
	d := newDevice(k)
	b := testkit.Verified(t, k, testkit.Ada)
	return b, d.add(t, k, b)
}

func said(t *testing.T, options testkit.Page) (o struct {
	Problem   string
	PublicKey struct {
		Challenge, RPID, UserVerification string
		RP                                struct{ ID string }
		Timeout                           int
		AllowCredentials                  []struct{ ID string }
		AuthenticatorSelection            struct{ ResidentKey, UserVerification string }
		ExcludeCredentials                []struct{ ID string }
	}
},
) {
	t.Helper()
	if err := json.Unmarshal([]byte(options.Body), &o); err != nil {
		t.Fatal(err, options)
	}
	return o
}
