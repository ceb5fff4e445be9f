package passkey_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

var pictures = flag.String("pictures", "", "write pictures of the pages into this folder")

// byName is the site's address by a name, which passkeys need.
func byName(k *testkit.Kit) string { return strings.Replace(k.URL, "127.0.0.1", "localhost", 1) }

func openLogIn(t *testing.T, options ...chrome.Option) (b *chrome.Browser, k *testkit.Kit, site string) {
	t.Helper()
	k = testkit.Start(t)
	k.Browser().Register(testkit.Ada)
	b = chrome.New(t, options...)
	return b, k, byName(k)
}

// logIn logs in with the password.
func logIn(b *chrome.Browser, site, next string) {
	b.Open(site + "/login?next=" + next)
	b.Fill("email", testkit.Ada)
	b.Fill("password", testkit.Password)
	b.Click("main button.primary")
	b.WaitPath(next)
}

func logOut(b *chrome.Browser) {
	b.Click(".who summary")
	b.ClickText("Log out")
	b.WaitPath("/")
}

func addPasskey(b *chrome.Browser, site string) {
	b.Open(site + "/account/security/passkeys/add")
	b.ClickText("Add a passkey")
	b.WaitText("The passkey was added.")
}

// comesFor opens the log-in page, and lets the user of the device come when its button is pressed. They are not there before, or
// the e-mail field would be answered; and they must be there when the device is asked, or it waits for ever. So they come in between,
// while the server makes the challenge for the button.
func comesFor(b *chrome.Browser, k *testkit.Kit, device *chrome.Authenticator, page string) {
	device.Present(false)
	k.Exec(`DELETE FROM passkey_challenges`)
	b.Open(page)
	for k.Count(`SELECT count(*) FROM passkey_challenges`) == 0 { //nolint:revive // the field asks by itself; the test's time limit ends it
		time.Sleep(10 * time.Millisecond)
	}
	k.Clock.Before("passkey.(*Passkeys).keepChallenge", func() { device.Present(true) })
}

func quiet(t *testing.T, b *chrome.Browser) {
	t.Helper()
	if errors := b.ConsoleErrors(); len(errors) > 0 {
		t.Errorf("console: %v", errors)
	}
}

func TestBrowserAddsAPasskeyAndLogsIn(t *testing.T) {
	b, k, site := openLogIn(t)
	device := b.NewAuthenticator()
	device.Present(false) // or the e-mail field would be answered before anybody types
	logIn(b, site, "/account")
	device.Present(true)
	addPasskey(b, site)
	if device.Passkeys() != 1 || k.Count(`SELECT count(*) FROM passkeys WHERE backup_eligible = 0`) != 1 {
		t.Errorf("%d passkeys on the device, %d in the table", device.Passkeys(), k.Count(`SELECT count(*) FROM passkeys`))
	}
	if got := k.Mail(testkit.Ada).Subject; got != "A passkey was added" {
		t.Errorf("the last mail is %q", got)
	}

	logOut(b)
	comesFor(b, k, device, site+"/login?next="+testkit.Private)
	b.ClickText("Keep me logged in")
	b.ClickText("Other ways to log in")
	b.ClickText("Use a passkey") // what the field waits for is given up
	b.WaitPath(testkit.Private)
	if k.Count(`SELECT count(*) FROM logins WHERE remembered = 1`) != 1 || k.Count(`SELECT count(*) FROM passkeys WHERE sign_count > 0 AND used_at > 0`) != 1 {
		t.Error("the login is not remembered, or the use was not noted")
	}
	b.Open(site + "/account/activity")
	b.WaitText("With a passkey")

	b.Open(site + "/account/security/passkeys/add") // the same device again
	b.ClickText("Add a passkey")
	b.WaitText("There is a passkey of your account already")
	quiet(t, b)
}

// The e-mail field offers passkeys by itself; here somebody takes the first that is offered.
func TestBrowserLogsInFromTheEmailField(t *testing.T) {
	b, _, site := openLogIn(t)
	device := b.NewAuthenticator()
	device.Present(false)
	logIn(b, site, "/account")
	device.Present(true)
	addPasskey(b, site)
	logOut(b)
	b.Open(site + "/login?next=" + testkit.Private)
	b.WaitPath(testkit.Private)
	quiet(t, b)
}

func TestBrowserConfirmsWithAPasskey(t *testing.T) {
	b, k, site := openLogIn(t)
	device := b.NewAuthenticator()
	device.Present(false)
	logIn(b, site, "/account")
	device.Present(true)
	addPasskey(b, site)
	k.Clock.Advance(16 * time.Minute)
	b.Open(site + "/account/delete")
	b.WaitPath("/confirm")
	device.Verify(false)
	b.ClickText("Use a passkey")
	b.WaitText("Nothing was done")
	device.Verify(true)
	b.ClickText("Use a passkey")
	b.WaitPath("/account/delete")
	quiet(t, b)
}

func TestBrowserRegistersWithAPasskeyAlone(t *testing.T) {
	b, k, site := openLogIn(t)
	device := b.NewAuthenticator()
	b.Open(site + "/register")
	b.Fill("email", "nobody")
	b.ClickText("Register with a passkey")
	b.WaitText("Write an e-mail address")
	b.Fill("email", testkit.Ada)
	b.ClickText("Register with a passkey")
	b.WaitText("There is an account with this address")
	if device.Passkeys() != 0 {
		t.Fatal("a passkey was made for no account")
	}
	b.Fill("name", "Ben")
	b.Fill("email", testkit.Ben)
	b.ClickText("Register with a passkey")
	b.WaitText("Your account is ready")
	if got := k.Text(`SELECT name || password_hash FROM users WHERE email = $1`, testkit.Ben); got != "Ben" {
		t.Errorf("name and hash are %q", got)
	}
	b.Open(site + "/account/devices")
	b.WaitText("Your last way in")
	b.Open(site + "/account/security/passkeys")
	b.WaitText("cannot be removed")
	b.Open(site + "/account/password")
	b.WaitText("Your account has no password")

	k.Clock.Advance(16 * time.Minute)
	b.Open(site + "/account/email")
	b.WaitText("Confirm that it is you")
	b.ClickText("Use a passkey")
	b.WaitPath("/account/email")
	logOut(b)
	b.Open(site + "/login")
	b.WaitPath("/account")
	for _, e := range b.ConsoleErrors() {
		if !strings.Contains(e, "422") { // what was typed first
			t.Error(e)
		}
	}
}

func TestBrowserRenamesAndRemovesAPasskey(t *testing.T) {
	chrome.NeedsAxe(t)
	b, k, site := openLogIn(t)
	device := b.NewAuthenticator()
	device.Present(false)
	logIn(b, site, "/account")
	device.Present(true)
	addPasskey(b, site)
	k.Exec(`INSERT INTO passkeys (id, user_id, credential_id, public_key, name, aaguid, transports, sign_count, backup_eligible, backed_up, created_at, used_at)
		SELECT 'another', user_id, 'another', public_key, name, aaguid, transports, 0, 0, 0, created_at - 86400000, 0 FROM passkeys`)
	b.Reload()
	b.ForEverybody("a list of passkeys with one name")
	k.Exec(`DELETE FROM passkeys WHERE id = 'another'`)
	b.Reload()
	b.Click(`main a[href^="/account/security/passkeys/"]`)
	b.ForEverybody(`GET /account/security/passkeys/{id}`)
	b.Fill("name", "Desk")
	b.ClickText("Save the name")
	b.WaitText("Desk")
	b.Click(`main a[href$="/remove"]`)
	b.ForEverybody(`GET /account/security/passkeys/{id}/remove`)
	b.ClickText("Remove the passkey")
	b.WaitText("You have none yet.")
	if k.Count(`SELECT count(*) FROM passkeys`) != 0 {
		t.Error("it is still there")
	}
	forgets(t, device) // the browser was told which ones are left

	addPasskey(b, site)
	k.Exec(`DELETE FROM passkeys`)
	logOut(b)
	comesFor(b, k, device, site+"/login")
	b.ClickText("Other ways to log in")
	b.ClickText("Use a passkey")
	b.WaitText("This passkey belongs to no account here.")
	forgets(t, device)
	quiet(t, b)
}

// forgets expects that the browser takes the passkeys off the device, as it does some time after it was told.
func forgets(t *testing.T, device *chrome.Authenticator) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); device.Passkeys() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the device keeps a passkey that is of no use")
		}
	}
}

// Without scripts, and without WebAuthn, the pages say so and offer what works.
func TestBrowserWithoutPasskeys(t *testing.T) {
	b, _, site := openLogIn(t, chrome.NoScript())
	b.Open(site + "/login")
	b.ClickText("Other ways to log in")
	b.WaitText("Passkeys need JavaScript.")
	logIn(b, site, "/account/security/passkeys/add")
	b.WaitText("turned off in this browser")
	for _, path := range []string{"/login", "/register", "/account/security/passkeys/add"} {
		b.Open(site + path)
		if text := b.Text(); strings.Contains(text, "Use a passkey") || strings.Contains(text, "Register with a passkey") {
			t.Errorf("%s: %s", path, text)
		}
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
			b, k, site := openLogIn(t, append(options, chrome.Size(width, 800))...)
			look := func(page, path string) {
				if path != "" {
					b.Open(site + path)
				}
				if over := b.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); over.(float64) > 0 {
					t.Errorf("%s %s %d is %v px too wide", page, name, width, over)
				}
				b.Screenshot(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", page, name, width)))
			}
			device := b.NewAuthenticator()
			device.Present(false)
			look("login", "/login")
			look("register", "/register")
			logIn(b, site, "/account")
			look("none", "/account/security/passkeys")
			look("add", "/account/security/passkeys/add")
			device.Present(true)
			addPasskey(b, site)
			look("security", "/account/devices")
			look("list", "/account/security/passkeys")
			b.Click(`main a[href$="/remove"]`)
			look("remove", "")
			b.Back()
			b.Click(`main li a`)
			look("rename", "")
			k.Clock.Advance(16 * time.Minute)
			look("confirm", "/account/delete")
			k.Exec(`UPDATE users SET password_hash = ''`)
			look("confirm-only", "/account/delete")
			look("list-last", "/account/security/passkeys")
			look("security-last", "/account/devices")
			k.Exec(`DELETE FROM passkeys`)
			b.Open(site + "/account/delete")
			logOut(b)
			b.Open(site + "/login")
			device.Present(true)
			b.WaitText("did not work")
			look("refused", "")
		}
	}
}
