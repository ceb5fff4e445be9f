package app_test

import (
	"flag"
	"path/filepath"
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

// textBeside returns the page's text without what the site is called, which may hold any word.
func textBeside(b *chrome.Browser) string {
	site := b.Eval(`document.querySelector("header .brand").innerText.trim()`)
	return strings.ReplaceAll(b.Text(), site.(string), "")
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
			if text := textBeside(b); strings.Contains(text, "Ada") || strings.Contains(text, "ada@") {
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
		if text := textBeside(b); strings.Contains(text, "Only mine") || strings.Contains(text, "Ada") || strings.Contains(text, "ada@") {
			t.Fatalf("back shows at %s: %s", b.Location(), text)
		}
	}
}

func TestTheKeyboardIsEnough(t *testing.T) {
	b, k := chrome.New(t), testkit.Start(t)
	k.Browser().Register("ada@example.org")
	b.Open(k.URL + "/login")
	b.Press("Tab")
	if got := b.Focused(); !strings.Contains(got, "Skip") {
		t.Errorf("the first stop is %s, not the way past the menu", got)
	}
	b.TabTo("input#email")
	b.Type("ada@example.org")
	b.TabTo("input#password")
	b.Type(testkit.Password)
	b.Press("Enter")
	b.WaitPath("/account")
	b.TabTo("your menu")
	b.Press("Enter")
	b.TabTo("Log out")
	b.Press("Enter")
	b.WaitPath("/")
}

// TestLessMotion holds that nothing moves or fades for whoever asks for that.
func TestLessMotion(t *testing.T) {
	const moves = `[...document.querySelectorAll("*")].filter((e) => ["transitionDuration", "animationDuration"].some((d) =>
		getComputedStyle(e)[d].split(",").some((s) => parseFloat(s) > 0))).length`
	k := testkit.Start(t)
	for name, b := range map[string]*chrome.Browser{"more": chrome.New(t), "less": chrome.New(t, chrome.ReducedMotion())} {
		register(b, k.URL, name+"@example.org")
		for _, path := range []string{"/", "/account", "/privacy", testkit.Private} {
			b.Open(k.URL + path)
			if n := b.Eval(moves).(float64); (n > 0) != (name == "more") {
				t.Errorf("%s motion, %s: %v elements move", name, path, n)
			}
		}
	}
}

// TestForcedColors holds that what colour alone would say is said by borders, too, where the browser takes the colours away.
func TestForcedColors(t *testing.T) {
	b, k := chrome.New(t, chrome.ForcedColors()), testkit.Start(t)
	register(b, k.URL, "ada@example.org")
	b.Open(k.URL + "/account/delete")
	for selector, property := range map[string]string{
		`main [aria-current="page"]`: "borderBlockEndWidth", `[aria-pressed="true"]`: "borderBlockEndWidth", "main .primary, main .danger": "borderInlineStartWidth", ".avatar": "borderInlineStartWidth",
	} {
		if width := b.Eval(`parseFloat(getComputedStyle(document.querySelector(` + "`" + selector + "`" + `)).` + property + `)`).(float64); width < 1 {
			t.Errorf("%s has no border", selector)
		}
	}
	b.TabTo("Profile") // shows the focus
	const width = `parseFloat(getComputedStyle(document.getElementById("current")).borderBlockStartWidth)`
	b.Open(k.URL + "/account/password")
	well := b.Eval(width).(float64)
	b.Click("main .primary")
	b.WaitText("Write your current password.")
	if wrong := b.Eval(width).(float64); wrong <= well {
		t.Errorf("a field with a mistake has a border of %v px, one without of %v px", wrong, well)
	}
}

// TestMoreContrast holds that second text and borders are as strong as the first text for whoever asks for that.
func TestMoreContrast(t *testing.T) {
	k := testkit.Start(t)
	for name, b := range map[string]*chrome.Browser{"usual": chrome.New(t), "more": chrome.New(t, chrome.MoreContrast())} {
		b.Open(k.URL + "/login")
		strong := b.Eval(`[getComputedStyle(document.querySelector(".hint")).color, getComputedStyle(document.getElementById("email")).borderTopColor].every((c) => c === getComputedStyle(document.body).color)`)
		if strong != (name == "more") {
			t.Errorf("%s contrast: strong is %v", name, strong)
		}
	}
}

// TestPaperShowsNoButtons holds that a page is printed with what it says, and without what can be pressed, whatever theme was
// chosen for the screen.
func TestPaperShowsNoButtons(t *testing.T) {
	b, k := chrome.New(t, chrome.Paper()), testkit.Start(t)
	k.Browser().Register("ada@example.org")
	b.Open(k.URL + "/login?next=/account/devices")
	b.Fill("email", "ada@example.org")
	b.Fill("password", testkit.Password)
	b.Press("Enter")
	b.WaitPath("/account/devices")
	b.Eval(`document.documentElement.dataset.theme = "dark"`)
	b.WaitText("Devices")
	if left := b.Eval(`[...document.querySelectorAll("header, footer, nav, search, button, .button, .act, .skip")].filter((e) => e.checkVisibility()).map((e) => e.outerHTML)`).([]any); len(left) > 0 {
		t.Errorf("printed: %v", left)
	}
	if ink := b.Eval(`getComputedStyle(document.body).color`); ink != "rgb(20, 32, 27)" {
		t.Errorf("the ink is %v", ink)
	}
}

// TestAFactThatIsNotGivenSaysSo holds that a row of facts without a value is not blank, to the eye or to the ear.
func TestAFactThatIsNotGivenSaysSo(t *testing.T) {
	b, k := chrome.New(t), testkit.Start(t)
	b.Open(k.URL + "/")
	got := b.Eval(`(() => {
		document.querySelector("main").innerHTML = '<h1>A</h1><dl class="list facts"><div><dt>Pages</dt><dd></dd></div><div><dt>Title</dt><dd>B</dd></div></dl>';
		return [...document.querySelectorAll("dd")].map((dd) => getComputedStyle(dd, "::before").content).join();
	})()`)
	if got != `"–" / "not given",none` {
		t.Errorf("the values begin with %v", got)
	}
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
			chrome.NeedsAxe(t)
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
			if name == "script" {
				b.ForEverybody(`GET /kept-form`)
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
