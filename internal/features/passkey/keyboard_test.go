package passkey_test

import (
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

// keys returns what presses links and buttons by the keyboard, one after the other.
func keys(t *testing.T, b *chrome.Browser) func(names ...string) {
	return func(names ...string) {
		t.Helper()
		for _, name := range names {
			b.TabTo(name)
			b.Press("Enter")
		}
	}
}

// again expects that the device did not recognise its user, and that the button still has the focus; it presses it once more,
// for a device that does.
func again(t *testing.T, b *chrome.Browser, device *chrome.Authenticator, button string) {
	t.Helper()
	b.WaitText("Nothing was done")
	if got := b.Focused(); got != button {
		t.Errorf("after a passkey that did not work the focus is on %s", got)
	}
	device.Verify(true)
	b.Press("Enter")
}

// TestAPasskeyByKeyboard adds a passkey, names it, logs in and confirms with it and removes it, and touches no mouse.
func TestAPasskeyByKeyboard(t *testing.T) {
	b, k, site := openLogIn(t)
	press := keys(t, b)
	device := b.NewAuthenticator()
	device.Present(false) // or the e-mail field would be answered before anybody types
	b.Open(site + "/login")
	b.TabTo("input#email")
	b.Type(testkit.Ada)
	b.TabTo("input#password")
	b.Type(testkit.Password)
	b.Press("Enter")
	b.WaitPath("/account")
	device.Present(true)
	device.Verify(false)
	press(`a "Login & security"`, "Manage passkeys", `a "Add a passkey"`, `button "Add a passkey"`)
	again(t, b, device, `button "Add a passkey"`)
	b.WaitText("The passkey was added.")
	press("Rename")
	b.TabTo("input#name")
	b.Eval(`document.activeElement.select()`)
	b.Type("Desk")
	b.Press("Enter")
	b.WaitText("Desk")

	press("your menu", "Log out")
	b.WaitPath("/")
	comesFor(b, k, device, site+"/login?next="+listPath)
	press("Other ways to log in", "Use a passkey")
	b.WaitPath(listPath)

	k.Clock.Advance(16 * time.Minute)
	press("Remove Desk")
	b.WaitPath("/confirm")
	device.Verify(false)
	press("Use a passkey")
	again(t, b, device, `button "Use a passkey"`)
	b.WaitText("Remove “Desk”?")
	press("Keep the passkey", "Remove Desk", `button "Remove the passkey"`)
	b.WaitText("You have none yet.")
	quiet(t, b)
}

// TestRegisterWithAPasskeyByKeyboard corrects an address and a passkey that did not work on its way.
func TestRegisterWithAPasskeyByKeyboard(t *testing.T) {
	b, _, site := openLogIn(t)
	press := keys(t, b)
	device := b.NewAuthenticator()
	b.Open(site + "/register")
	press("Register with a passkey")
	b.WaitText("Write an e-mail address")
	b.Open(site + "/register")
	b.TabTo("input#email")
	b.Type(testkit.Ben)
	device.Verify(false)
	press("Register with a passkey")
	again(t, b, device, `button "Register with a passkey"`)
	b.WaitText("Your account is ready")
}
