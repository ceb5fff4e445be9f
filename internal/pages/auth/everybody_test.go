package auth_test

import (
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

// TestStatesOfALoginAreForEverybody looks at what a page shows while its user does something else: the open menu, the
// warning, the page that hides itself.
func TestStatesOfALoginAreForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	b, k := open(t)
	b.Click(".who summary")
	b.ForEverybody("the user's menu")
	b.Press("Escape")
	k.Clock.Advance(58*time.Minute + 30*time.Second)
	look(b)
	b.WaitText("You will be logged out soon")
	b.ForEverybody("a login that ends soon")
	k.Clock.Advance(2 * time.Minute)
	look(b)
	b.WaitText("You have been logged out")
	b.ForEverybody("a login that has ended")
}

// TestStatesOfLogInAreForEverybody looks at pages that only somebody with the wrong password, with a weak one, with too many
// tries or with an invitation comes to.
func TestStatesOfLogInAreForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	t.Run("log in", func(t *testing.T) {
		t.Parallel()
		k, b := testkit.Start(t, "LIMIT_LOGIN_ACCOUNT_ADDRESS=1"), chrome.New(t)
		b.Open(k.URL + "/register")
		for word, says := range map[string]string{"short": "Too short", "qwertyuiop qwertyuiop": "Weak", testkit.Password: "Strong"} {
			b.Fill("password", word)
			b.WaitText(says)
			b.ForEverybody("a password that is " + strings.ToLower(says))
		}
		b.Open(k.URL + "/login")
		for _, says := range []string{"do not match", "Too many tries"} {
			b.Fill("email", testkit.Ada)
			b.Fill("password", testkit.Wrong)
			b.Click("main button.primary")
			b.Eval(`scrollTo(0, 0)`)
			b.WaitText(says)
			b.ForEverybody(says)
		}
	})
	t.Run("closed", func(t *testing.T) {
		t.Parallel()
		k, b := testkit.Start(t, "REGISTRATION=closed"), chrome.New(t)
		b.Open(k.URL + "/register")
		b.WaitText("closed")
		b.ForEverybody("registration is closed")
	})
	t.Run("by invitation", func(t *testing.T) {
		t.Parallel()
		k, b := testkit.Start(t, "REGISTRATION=invite"), chrome.New(t)
		b.Open(k.URL + "/register")
		b.WaitText("invitation")
		b.ForEverybody("no invitation")
		invite := func(email string) string {
			link, err := k.App.Operator.Invite(t.Context(), email)
			if err != nil {
				t.Fatal(err)
			}
			return link
		}
		b.Open(invite("a.friend.with.a.rather.long.address@example.org"))
		b.ForEverybody("an invitation")
		testkit.Add(t, k, testkit.Ada)
		b.Open(k.URL + "/login")
		b.Fill("email", testkit.Ada)
		b.Fill("password", testkit.Password)
		b.Click("main button.primary")
		b.WaitPath("/account")
		b.Open(invite("another.friend.with.a.long.address@example.org"))
		b.WaitText("this invitation is for")
		b.ForEverybody("an invitation for somebody else")
	})
}
