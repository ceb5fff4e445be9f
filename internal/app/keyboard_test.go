package app_test

import (
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

// press goes to what has the text by Tab, and presses it.
func press(b *chrome.Browser, text string) {
	b.TabTo(text)
	b.Press("Enter")
}

// byKeys logs a user in, and touches no mouse.
func byKeys(b *chrome.Browser, url, email, password string) {
	b.Open(url + "/login")
	b.TabTo("input#email")
	b.Type(email)
	b.TabTo("input#password")
	b.Type(password)
	b.Press("Enter")
	b.WaitPath("/account")
}

// TestTheMenuByKeyboard holds that the user's menu closes with Escape, which gives the focus back, and when the focus goes on:
// on a phone it would cover what has it then.
func TestTheMenuByKeyboard(t *testing.T) {
	b, k := chrome.New(t, chrome.Size(320, 500)), testkit.Start(t)
	k.Browser().Register("ada@example.org")
	byKeys(b, k.URL, "ada@example.org", testkit.Password)
	is := func(open bool, focus string) {
		t.Helper()
		if got := b.Eval(`document.querySelector(".who").open`); got != open {
			t.Errorf("open: %v, want %v", got, open)
		}
		if got := b.Focused(); !strings.Contains(got, focus) {
			t.Errorf("the focus is on %s, want %s", got, focus)
		}
	}
	press(b, "your menu")
	is(true, "your menu")
	b.TabTo("Account")
	b.Press("Escape")
	is(false, "your menu")
	b.Press("Enter")
	b.TabTo("Log out")
	is(true, "Log out")
	b.Press("Tab")
	is(false, "Profile")
}

// TestAPasswordIsShownByKeyboard holds that the button beside a password says what it does, once.
func TestAPasswordIsShownByKeyboard(t *testing.T) {
	b, k := chrome.New(t), testkit.Start(t)
	b.Open(k.URL + "/login")
	b.TabTo("input#password")
	b.Type("secret")
	press(b, "Show password")
	if got := b.Focused(); !strings.Contains(got, "Hide password") {
		t.Errorf("the button is %s", got)
	}
	if got := b.Eval(`[document.getElementById("password").type, document.activeElement.ariaPressed].join()`); got != "text," {
		t.Errorf("the field and the button are %s", got)
	}
}

// TestNothingIsBelowTheWarning holds that what has the focus is not hidden by the warning of a login that ends soon, which
// stays at the top of the window (WCAG 2.2, 2.4.11).
func TestNothingIsBelowTheWarning(t *testing.T) {
	b, k := chrome.New(t, chrome.Size(640, 400)), testkit.Start(t)
	k.Browser().Register("ada@example.org")
	byKeys(b, k.URL, "ada@example.org", testkit.Password)
	b.Eval(`document.querySelector(".ending").hidden = false,
		document.querySelector("main").append(...Array.from({ length: 40 }, (_, i) => Object.assign(document.createElement("a"), { href: "#", className: "button block", textContent: "Link " + i })))`)
	for _, wrong := range b.Unseen() {
		t.Error(wrong)
	}
}
