package totp_test

import (
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

// TestAnAppByKeyboard sets an app up, logs in with its code and removes it, and touches no mouse, with scripts and without.
func TestAnAppByKeyboard(t *testing.T) {
	for name, options := range map[string][]chrome.Option{"script": nil, "no script": {chrome.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			k := testkit.Start(t)
			testkit.Verified(t, k, testkit.Ada)
			b := chrome.New(t, options...)
			press := func(names ...string) {
				t.Helper()
				for _, name := range names {
					b.TabTo(name)
					b.Press("Enter")
				}
			}
			logIn := func() {
				t.Helper()
				b.Open(k.URL + "/login")
				b.TabTo("input#email")
				b.Type(testkit.Ada)
				b.TabTo("input#password")
				b.Type(testkit.Password)
				b.Press("Enter")
			}
			logIn()
			b.WaitPath("/account")
			press(`a "Login & security"`, "Manage second step", "Set up authenticator app", "Set up an authenticator app")
			b.WaitPath(setUp)
			a := phone{k, strings.ReplaceAll(b.Eval(`document.querySelector("dd code").textContent`).(string), " ", "")}
			b.TabTo("input#totp-code")
			b.Type("000000")
			b.Press("Enter")
			b.WaitText("This is not the code")
			if got := b.Focused(); got != "input#totp-code" {
				t.Errorf("after a mistake the focus is on %s", got)
			}
			b.Type(a.code(t))
			b.Press("Enter")
			b.WaitText("Your authenticator app is set up")
			press("your menu", "Log out")
			b.WaitPath("/")
			logIn()
			b.WaitPath(step)
			k.Clock.Advance(30 * time.Second)
			b.TabTo("input#totp-code")
			b.Type(a.code(t))
			b.Press("Enter")
			b.WaitPath("/account")
			press(`a "Login & security"`, "Manage second step", "Manage authenticator app", "Remove the app")
			b.WaitText("Keep the app")
			press(`button "Remove the app"`)
			b.WaitText("The authenticator app was removed.")
		})
	}
}
