package oidc_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

var pictures = flag.String("pictures", "", "write pictures of the pages into this folder")

// others opens what stands under the form to log in, unless it is open already: with the way that this browser used last.
func others(b *chrome.Browser) {
	if b.Eval(`document.querySelector("main details:not([open])") !== null`).(bool) {
		b.ClickText("Other ways to log in")
	}
}

func logOut(b *chrome.Browser) {
	b.Click(".who summary")
	b.ClickText("Log out")
	b.WaitPath("/")
}

func quiet(t *testing.T, b *chrome.Browser) {
	t.Helper()
	if errors := b.ConsoleErrors(); len(errors) > 0 {
		t.Errorf("console: %v", errors)
	}
}

// TestBrowserLogsInThroughTheRealRedirects goes to another site and back, as browsers do: with the policies of both, and the
// cookies that they send.
func TestBrowserLogsInThroughTheRealRedirects(t *testing.T) {
	k, _ := started(t)
	b := chrome.New(t)
	b.Open(k.URL + "/register?next=" + testkit.Private)
	b.ClickText("Register with Example")
	b.WaitText("Log in as Ada?")
	b.ClickText("Allow")
	b.WaitPath(testkit.Private)
	b.WaitText("Your account is ready")
	logOut(b)

	b.Open(k.URL + "/login?next=" + testkit.Private)
	b.ClickText("Keep me logged in")
	others(b)
	b.ClickText("Log in with Example")
	b.ClickText("Deny")
	b.WaitText("You turned back at Example")
	b.ClickText("Try Example again")
	b.ClickText("Allow")
	b.WaitPath(testkit.Private) // the page that was asked for survives
	logOut(b)

	b.Open(k.URL + "/login")
	b.ClickText("Keep me logged in")
	others(b)
	b.ClickText("Log in with Example")
	b.ClickText("Allow")
	b.WaitPath("/account")
	if k.Count(`SELECT count(*) FROM logins WHERE remembered = 1`) != 1 {
		t.Error("the login is not remembered")
	}
	k.Clock.Advance(16 * time.Minute)
	b.Open(k.URL + "/account/delete")
	b.WaitPath("/confirm")
	b.ClickText("Confirm with Example")
	b.ClickText("Allow")
	b.WaitPath("/account/delete")
	quiet(t, b)
}

// TestBrowserLinksToAnAccount comes with an address that has an account: it is linked after a log in with the password. It
// works without scripts, too.
func TestBrowserLinksToAnAccount(t *testing.T) {
	for name, options := range map[string][]chrome.Option{"with scripts": nil, "without": {chrome.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			k, _ := started(t)
			testkit.Verified(t, k, testkit.Ada)
			b := chrome.New(t, options...)
			b.Open(k.URL + "/login")
			others(b)
			b.ClickText("Log in with Example")
			b.ClickText("Allow")
			b.WaitText("You have an account here")
			b.ClickText("Log in and link Example")
			b.Fill("email", testkit.Ada)
			b.Fill("password", testkit.Password)
			b.Click("main button.primary")
			b.WaitText("Link Example to your account?")
			b.Click("main button.primary")
			b.WaitText("Example is linked")
			b.ClickText("Link GitHub")
			b.ClickText("Allow")
			b.WaitText("Link GitHub to your account?")
			b.Click("main button.primary")
			b.WaitText("GitHub is linked")
			b.ClickText("Unlink GitHub, " + testkit.Ada)
			b.Click("main button.danger")
			b.WaitText("GitHub is unlinked")
			quiet(t, b)
		})
	}
}

// TestPictures draws the pages in both themes and two widths, into the folder of -pictures or one that is thrown away. None
// is wider than its window.
func TestPictures(t *testing.T) {
	folder := *pictures
	if folder == "" {
		folder = t.TempDir()
	}
	for _, width := range []int64{1280, 390} {
		for name, options := range map[string][]chrome.Option{"light": nil, "dark": {chrome.Dark()}} {
			k, o := started(t)
			b := chrome.New(t, append(options, chrome.Size(width, 800))...)
			look := func(page, path string) {
				if path != "" {
					b.Open(k.URL + path)
				}
				if over := b.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); over.(float64) > 0 {
					t.Errorf("%s %s %d is %v px too wide", page, name, width, over)
				}
				b.Screenshot(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", page, name, width)))
			}
			testkit.Verified(t, k, testkit.Ada)
			look("login", "/login")
			look("register", "/register")
			b.Open(k.URL + "/login")
			others(b)
			b.ClickText("Log in with Example")
			b.ClickText("Deny")
			b.WaitText("You turned back")
			look("denied", "")
			o.claims["email_verified"] = nil
			b.ClickText("Try Example again")
			b.ClickText("Allow")
			b.WaitText("does not say")
			look("unverified", "")
			o.claims["email_verified"] = true
			b.ClickText("Take another account at Example")
			b.ClickText("Allow")
			b.WaitText("You have an account here")
			look("join", "")
			b.ClickText("Log in and link Example")
			b.Fill("email", testkit.Ada)
			b.Fill("password", testkit.Password)
			b.Click("main button.primary")
			b.WaitText("Link Example to your account?")
			look("link", "")
			b.Click("main button.primary")
			b.WaitText("Example is linked")
			look("list", "")
			look("security", "/account/devices")
			look("nothing", "/account/security/sites/link")
			k.Exec(`UPDATE users SET password_hash = ''`)
			look("list-last", listPath)
			look("unlink-last", listPath+"/unlink/"+k.Text(`SELECT id FROM identities`))
			k.Clock.Advance(16 * time.Minute)
			look("confirm", "/account/delete")
			k.Exec(`UPDATE users SET password_hash = 'x', verified_at = 0`)
			look("list-unverified", listPath)
		}
	}
}

// TestPagesAreForEverybody comes to the pages that only somebody sees who comes back from another site.
func TestPagesAreForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	k, _ := started(t)
	testkit.Verified(t, k, testkit.Ada)
	b := chrome.New(t)
	b.Open(k.URL + "/login")
	others(b)
	b.ClickText("Log in with Example")
	b.ClickText("Deny")
	b.WaitText("You turned back at Example")
	b.ForEverybody(`GET /login/with/{provider}/callback`)
	b.ClickText("Try Example again")
	b.ClickText("Allow")
	b.WaitText("You have an account here")
	b.ForEverybody(`GET /login/join`)
	b.ClickText("Log in and link Example")
	b.Fill("email", testkit.Ada)
	b.Fill("password", testkit.Password)
	b.Click("main button.primary")
	b.WaitText("Link Example to your account?")
	b.ForEverybody(`GET /account/security/sites/link`)
	b.Click("main button.primary")
	b.WaitText("Example is linked")
	b.ForEverybody("a site that is linked")
	b.ClickText("Unlink Example, " + testkit.Ada)
	b.WaitText("logs nobody in to your account any more")
	b.ForEverybody(`GET /account/security/sites/unlink/{id}`)
	k.Exec(`UPDATE users SET password_hash = ''`)
	b.Reload()
	b.WaitText("This is your last way in")
	b.ForEverybody("the last way in")
}

// TestKeepMeLoggedInCountsAsItIs ticks the box, comes back to the page and takes the tick away again.
func TestKeepMeLoggedInCountsAsItIs(t *testing.T) {
	k, _ := started(t)
	b := chrome.New(t)
	b.Open(k.URL + "/login")
	b.Eval(`addEventListener("submit", (event) => event.preventDefault())`) // as if Back were pressed at once
	others(b)
	for _, want := range []string{"1", ""} {
		b.ClickText("Keep me logged in")
		b.ClickText("Log in with Example")
		if got := b.Eval(`new FormData(document.querySelector("form[data-oidc]")).getAll("remember").join("+")`); got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
}
