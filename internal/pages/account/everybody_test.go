package account_test

import (
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

// TestStatesOfAnAccountAreForEverybody looks at pages that only somebody sees who waits for a new address, or has no password.
func TestStatesOfAnAccountAreForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	b, k := chrome.New(t), testkit.Start(t)
	testkit.Verified(t, k, testkit.Ada)
	b.Open(k.URL + "/login?next=/account/email")
	b.Fill("email", testkit.Ada)
	b.Fill("password", testkit.Password)
	b.Click("main button.primary")
	b.WaitPath("/account/email")
	b.Fill("email", testkit.Ben)
	b.ClickText("Send the mail")
	b.WaitText("Waiting for " + testkit.Ben)
	b.ForEverybody("a new address that waits")

	other := chrome.New(t)
	other.Open(k.URL + testkit.Link(k.Mail(testkit.Ben)))
	other.WaitText("Log in first")
	other.ForEverybody("the link to a new address in another browser")

	k.Exec(`UPDATE users SET password_hash = ''`)
	for path, says := range map[string]string{"/account/password": "Your account has no password", "/account/devices": "Choose one"} {
		b.Open(k.URL + path)
		b.WaitText(says)
		b.ForEverybody(path + " of an account without a password")
	}
}
