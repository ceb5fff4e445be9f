package recovery_test

import (
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

// TestCodesByKeyboard makes codes and logs in with one of them, and touches no mouse, with scripts and without.
func TestCodesByKeyboard(t *testing.T) {
	for name, options := range map[string][]chrome.Option{"script": nil, "no script": {chrome.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			k := testkit.Start(t)
			testkit.Verified(t, k, testkit.Ada)
			k.GiveFactor(testkit.Ada)
			b := chrome.New(t, options...)
			press := func(name string) {
				t.Helper()
				b.TabTo(name)
				b.Press("Enter")
			}
			logIn := func() {
				t.Helper()
				b.Open(k.URL + "/login?next=" + path)
				b.TabTo("input#email")
				b.Type(testkit.Ada)
				b.TabTo("input#password")
				b.Type(testkit.Password)
				b.Press("Enter")
				b.WaitPath(testkit.SecondStep)
			}
			logIn()
			b.TabTo("input#word")
			b.Type(testkit.Word)
			b.Press("Enter")
			b.WaitPath(path)
			press("Make ten codes")
			b.WaitText("shown this once")
			code := b.Eval(`document.querySelector("#recovery-codes code").textContent`).(string)
			press("I have kept them")
			press("your menu")
			press("Log out")
			b.WaitPath("/")
			logIn()
			press("Use instead: recovery codes")
			b.TabTo("input#recovery-code")
			b.Type(code)
			b.Press("Enter")
			b.WaitPath(path)
			b.WaitText("9 of 10 are left")
		})
	}
}
