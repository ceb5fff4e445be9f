package app_test

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

var screenshot = flag.String("screenshot", "", "write the README's picture into this file")

// register opens the site and makes an account by the keyboard of a person.
func register(b *chrome.Browser, url, email string) {
	b.Open(url + "/register")
	b.Fill("name", "Ada Lovelace")
	b.Fill("email", email)
	b.Fill("password", testkit.Password)
	b.Click("main button.primary")
	b.WaitPath("/account")
}

// logOut opens the user menu, and logs out.
func logOut(b *chrome.Browser) {
	b.Click(".who summary")
	b.ClickText("Log out")
}

func TestBrowserJourney(t *testing.T) {
	for name, options := range map[string][]chrome.Option{"script": nil, "no script": {chrome.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			b, k := chrome.New(t, options...), testkit.Start(t)
			b.Open(k.URL + "/")
			b.WaitText("once so far")
			b.Reload()
			b.WaitText("page 2 times")
			register(b, k.URL, "ada@example.org")
			b.WaitText("Welcome.")
			b.Open(k.URL + testkit.Private)
			b.Fill("title", "Garden")
			b.Fill("body", "thyme and sage")
			b.ClickText("Save")
			b.WaitText("thyme and sage")
			b.ClickText("Dark")
			if got := b.Eval(`document.documentElement.dataset.theme`); got != "dark" {
				t.Errorf("theme %v", got)
			}
			logOut(b)
			b.WaitPath("/")
			if text := b.Text(); strings.Contains(text, "Ada") {
				t.Errorf("after log out: %s", text)
			}
			b.Open(k.URL + testkit.Private + "?page=1")
			b.WaitPath("/login")
			b.Fill("email", "ada@example.org")
			b.Fill("password", "this is not it at all")
			b.Click("main button.primary")
			b.WaitText("do not match")
			b.Fill("password", testkit.Password)
			b.Click("main button.primary")
			b.WaitPath(testkit.Private)
			b.WaitText("Garden")
			if errors := b.ConsoleErrors(); len(errors) > 0 {
				t.Errorf("console: %v", errors)
			}
		})
	}
}

func TestBackAfterLogOutShowsNothingPrivate(t *testing.T) {
	b, k := chrome.New(t), testkit.Start(t)
	register(b, k.URL, "ada@example.org")
	b.Open(k.URL + testkit.Private)
	b.Fill("title", "Only mine")
	b.ClickText("Save")
	b.WaitText("Only mine")
	logOut(b)
	b.WaitPath("/")
	for range 4 {
		b.Back()
		if text := b.Text(); strings.Contains(text, "Only mine") || strings.Contains(text, "Ada") || strings.Contains(text, "ada@") {
			t.Fatalf("back shows at %s: %s", b.Location(), text)
		}
	}
}

func TestTheKeyboardIsEnough(t *testing.T) {
	b, k := chrome.New(t), testkit.Start(t)
	k.Browser().Register("ada@example.org")
	b.Open(k.URL + "/login")
	tabTo := func(want string) {
		t.Helper()
		var seen []string
		for range 25 {
			b.Press("Tab")
			got := b.Focused()
			if strings.Contains(got, want) {
				return
			}
			seen = append(seen, got)
		}
		t.Fatalf("%s is not reached by Tab: %v", want, seen)
	}
	b.Press("Tab")
	if got := b.Focused(); !strings.Contains(got, "Skip") {
		t.Errorf("the first stop is %s, not the way past the menu", got)
	}
	tabTo("input#email")
	for _, c := range "ada@example.org" {
		b.Press(string(c))
	}
	tabTo("input#password")
	for _, c := range testkit.Password {
		b.Press(string(c))
	}
	b.Press("Enter")
	b.WaitPath("/account")
	tabTo("your menu")
	b.Press("Enter")
	tabTo("Log out")
	b.Press("Enter")
	b.WaitPath("/")
}

func TestErrorSummaryTakesTheFocus(t *testing.T) {
	b, k := chrome.New(t), testkit.Start(t)
	b.Open(k.URL + "/register")
	b.Click("main button.primary")
	b.WaitText("Write an e-mail address")
	if got := b.Title(); !strings.HasPrefix(got, "Error: ") {
		t.Errorf("title %q", got)
	}
	if got := b.Eval(`document.activeElement.className`); got != "errors" {
		t.Errorf("the focus is on %s", b.Focused())
	}
}

func TestBrowserSendsAKeptForm(t *testing.T) {
	for name, options := range map[string][]chrome.Option{"script": nil, "no script, on a phone": {chrome.NoScript(), chrome.Size(320, 700)}} {
		t.Run(name, func(t *testing.T) {
			b, k := chrome.New(t, options...), testkit.Start(t)
			register(b, k.URL, "ada@example.org")
			b.Open(k.URL + testkit.Private)
			b.Fill("title", "Garden")
			b.Fill("body", "thyme\n\nand \"sage\" & <mint>")
			k.Clock.Advance(61 * time.Minute)
			b.ClickText("Save")
			b.WaitPath("/login")
			b.WaitText("What you sent is kept for an hour")
			b.Fill("email", "ada@example.org")
			b.Fill("password", testkit.Password)
			b.Click("main button.primary")
			b.WaitPath("/kept-form")
			b.WaitText("Your form was not sent yet")
			if over := b.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); over.(float64) > 0 {
				t.Errorf("the page is %v px too wide", over)
			}
			b.ClickText("Send it now")
			b.WaitText("The text was saved.")
			if got := k.Text(`SELECT body FROM testkit_texts`); got != "thyme\n\nand \"sage\" & <mint>" {
				t.Errorf("the text is %q", got)
			}
			if k.Count(`SELECT count(*) FROM kept_forms`) != 0 {
				t.Error("it was sent and is still kept")
			}
			if errors := b.ConsoleErrors(); len(errors) > 0 {
				t.Errorf("console: %v", errors)
			}
		})
	}
}

// TestNothingMovesWhenTheScriptRuns holds that a field is as wide before its button is unhidden as after, and that
// without scripts it has the place of the button, too.
func TestNothingMovesWhenTheScriptRuns(t *testing.T) {
	const widths = `(() => {
		const input = document.getElementById("password"), button = input.nextElementSibling;
		const before = input.offsetWidth;
		button.hidden = !button.hidden;
		return [before, input.offsetWidth, input.parentElement.offsetWidth];
	})()`
	k := testkit.Start(t)
	b := chrome.New(t)
	b.Open(k.URL + "/login")
	if w := b.Eval(widths).([]any); w[0] != w[1] || w[0] == w[2] {
		t.Errorf("with the button %v px, without it %v, of %v", w[0], w[1], w[2])
	}
	b = chrome.New(t, chrome.NoScript())
	b.Open(k.URL + "/login")
	if w := b.Eval(widths).([]any); w[0] != w[2] {
		t.Errorf("without scripts it has %v px of %v", w[0], w[2])
	}
}

// TestPagesFitPhones holds that no page scrolls sideways at 320 px, in both themes.
func TestPagesFitPhones(t *testing.T) {
	for name, options := range map[string][]chrome.Option{"light": nil, "dark": {chrome.Dark()}} {
		t.Run(name, func(t *testing.T) {
			b, k := chrome.New(t, append(slices.Clone(options), chrome.Size(320, 700))...), testkit.Start(t)
			look := func(path string) {
				t.Helper()
				b.Open(k.URL + path)
				if over := b.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); over.(float64) > 0 {
					t.Errorf("%s is %v px too wide", path, over)
				}
			}
			for _, path := range []string{"/", "/privacy", "/login", "/register", "/password/forgot", "/password/forgot/sent", "/not-me", "/nowhere"} {
				look(path)
			}
			register(b, k.URL, "ada.with.a.rather.long.address.for.a.phone@example.org")
			for _, path := range []string{"/", "/privacy", "/account", "/account/profile", "/account/password", "/account/devices", "/account/devices/end-others", "/account/activity", "/account/security", "/account/email", "/account/export", "/account/delete", "/confirm", testkit.Private} {
				look(path)
			}
		})
	}
}

// TestScreenshot draws the home page as README shows it: into the file of -screenshot, or one that is thrown away.
func TestScreenshot(t *testing.T) {
	file := *screenshot
	if file == "" {
		file = filepath.Join(t.TempDir(), "home.png")
	}
	b, k := chrome.New(t, chrome.Size(1280, 800)), testkit.Start(t)
	register(b, k.URL, "ada@example.org")
	for range 41 {
		b.Open(k.URL + "/")
	}
	b.Screenshot(file)
}
