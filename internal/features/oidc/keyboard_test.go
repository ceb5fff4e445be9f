package oidc_test

import (
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

// TestAnotherSiteByKeyboard registers through another site, turns back there once, logs in and confirms through it, links a
// second site and unlinks the first, and touches no mouse, with scripts and without.
func TestAnotherSiteByKeyboard(t *testing.T) {
	for name, options := range map[string][]chrome.Option{"script": nil, "no script": {chrome.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			k, _ := started(t)
			b := chrome.New(t, options...)
			press := func(names ...string) {
				t.Helper()
				for _, name := range names {
					b.TabTo(name)
					b.Press("Enter")
				}
			}
			b.Open(k.URL + "/register?next=" + listPath)
			press("Register with Example", "Deny")
			b.WaitText("You turned back at Example")
			press("Try Example again", "Allow")
			b.WaitPath(listPath)
			b.WaitText("Your last way in")

			press("Link GitHub", "Allow")
			b.WaitText("Link GitHub to your account?")
			press(`button "Link GitHub"`)
			b.WaitText("GitHub is linked")

			press("your menu", "Log out")
			b.WaitPath("/")
			b.Open(k.URL + "/login?next=" + listPath)
			if b.Eval(`document.querySelector("main details:not([open])") !== null`).(bool) {
				press("Other ways to log in")
			}
			press("Log in with Example", "Allow")
			b.WaitPath(listPath)

			k.Clock.Advance(16 * time.Minute)
			press("Unlink GitHub, " + testkit.Ada)
			b.WaitPath("/confirm")
			press("Confirm with Example", "Allow")
			b.WaitText("Unlink GitHub?")
			press("Keep GitHub", "Unlink GitHub, "+testkit.Ada, `button "Unlink GitHub`)
			b.WaitText("GitHub is unlinked")
			quiet(t, b)
		})
	}
}
