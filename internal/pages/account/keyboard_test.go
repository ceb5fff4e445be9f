package account_test

import (
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

// TestAnAccountByKeyboard does with an account what there is to do, and touches no mouse, with scripts and without: a name,
// another theme, the other devices logged out, another password, another address, what is kept looked at, the account deleted.
func TestAnAccountByKeyboard(t *testing.T) {
	for name, options := range map[string][]chrome.Option{"script": nil, "no script": {chrome.NoScript()}} {
		t.Run(name, func(t *testing.T) { anAccountByKeyboard(t, options...) })
	}
}

func anAccountByKeyboard(t *testing.T, options ...chrome.Option) {
	t.Helper()
	b, k := chrome.New(t, options...), testkit.Start(t)
	phone, tablet := k.Browser().Register(testkit.Ada), k.Browser()
	tablet.LogIn(testkit.Ada)
	press := func(names ...string) {
		t.Helper()
		for _, name := range names {
			b.TabTo(name)
			b.Press("Enter")
		}
	}
	b.Open(k.URL + "/login")
	b.TabTo("input#email")
	b.Type(testkit.Ada)
	b.TabTo("input#password")
	b.Type(testkit.Password)
	b.TabTo("input#remember")
	b.Press(" ")
	b.Press("Enter")
	b.WaitPath("/account")

	press(`a "Change name"`)
	b.WaitPath("/account/profile")
	b.TabTo("input#name")
	b.Type("Ada Lovelace")
	press("Save the profile")
	b.WaitText("Your profile was saved.")

	press(`button "Dark"`)
	b.WaitPath("/account")
	if theme := b.Eval(`document.documentElement.dataset.theme`); theme != "dark" {
		t.Errorf("the theme is %v", theme)
	}

	press(`a "Login & security"`, "Log out Firefox on Linux, logged in today")
	b.WaitText("That browser was logged out.")
	if testkit.LoggedIn(phone) == testkit.LoggedIn(tablet) {
		t.Error("not one of two was logged out")
	}
	press(`a "Log out the other device"`)
	b.WaitText("Keep it logged in")
	press(`button "Log out the other device"`)
	b.WaitPath("/account/devices")
	if testkit.LoggedIn(phone) || testkit.LoggedIn(tablet) {
		t.Error("another device is logged in")
	}

	press(`a "Change password"`)
	b.TabTo("input#current")
	b.Type(testkit.Password)
	b.TabTo("input#password")
	b.Type(testkit.NewPassword)
	b.Press("Enter")
	b.WaitText("Your password was changed.")
	b.WaitPath("/account/devices") // where it stands
	b.WaitText("Changed today")
	if after := b.Eval(`document.querySelector("h1").nextElementSibling.role`); after != "status" {
		t.Errorf("below the heading is %v, not the message", after)
	}
	if !testkit.Opens(k, testkit.Ada, testkit.NewPassword) {
		t.Error("the password is the old one")
	}

	press(`a "Profile"`, `a "Change e-mail address"`)
	b.TabTo("input#email")
	b.Type(testkit.Ben)
	press("Send the mail")
	b.WaitText("Waiting for " + testkit.Ben)
	press("Cancel the change to " + testkit.Ben)
	b.WaitText("No change is waiting.")

	press(`a "Delete your account"`)
	b.WaitPath("/account/delete")
	b.TabTo("input#confirm")
	b.Press(" ")
	press(`button "Delete the account"`)
	b.WaitPath("/")
	if n := k.Count(`SELECT count(*) FROM users`); n != 0 {
		t.Errorf("%d users", n)
	}
	press("What this site keeps")
	b.WaitPath("/privacy")
	press("Erase all of it")
	b.WaitText("Nothing.")
}
