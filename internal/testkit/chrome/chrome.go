// Package chrome runs stories in a real browser: a headless Chromium that a test drives as a person would, by what is
// visible, with a mouse and keys.
//
// A step waits until it can be done and until the page that it leads to has loaded. One that cannot be done in time
// fails the test, and says what the page shows.
//
//	b := chrome.New(t, chrome.Dark())
//	b.Open(k.URL + "/privacy") // k is a testkit.Kit
//	b.TabTo("Erase all of it") // by keyboard, or b.ClickText with the mouse
//	b.Press("Enter")
//	b.WaitText("no cookie of ours")
package chrome

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	storyLimit = 3 * time.Minute
	stepLimit  = 30 * time.Second // long, for a busy machine: only a step that fails takes it
)

// A Browser is one tab. Its methods fail the test that it was made for; like the test, it belongs to one goroutine.
type Browser struct {
	t       testing.TB
	ctx     context.Context // of the tab
	limit   time.Duration   // of one step
	options []Option
	watch   watcher
}

// An Option prepares each tab of a browser. Of those that say what pages are asked for, from [Dark] to [Paper], the last counts.
type Option chromedp.Action[chromedp.Void]

// Size sets the size of the viewport in CSS pixels. The default is 1280×800.
func Size(width, height int64) Option { return Option(chromedp.EmulateViewport(width, height)) }

// Dark makes the browser prefer a dark colour scheme. The default is light.
func Dark() Option { return scheme("dark") }

func scheme(value string) Option {
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}
	return command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
}

// NoScript turns off the scripts of pages, as a person may. [Browser.Eval] still works.
func NoScript() Option {
	return command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

func command[P, R any](c cdp.Command[P, R], params P) Option {
	return func(ctx context.Context, tab *chromedp.Target) (none chromedp.Void, err error) {
		_, err = cdp.Call(ctx, tab, c, params)
		return none, err
	}
}

// New starts a browser with an empty profile, which ends with the test. It skips the test where there is no Chromium,
// and with -short.
func New(t testing.TB, options ...Option) *Browser {
	t.Helper()
	return NewFor(t, storyLimit, options...)
}

// NewFor is New for a story that may take longer than the usual three minutes.
func NewFor(t testing.TB, limit time.Duration, options ...Option) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("Chromium: not with -short")
	}
	program := ""
	for _, name := range []string{"google-chrome", "chromium-browser", "chromium"} {
		if file, err := exec.LookPath(name); err == nil {
			program = file
		}
	}
	if program == "" {
		t.Skip("no Chromium here: neither chromium, chromium-browser nor google-chrome is in PATH")
	}
	ctx, cancelStory := context.WithTimeoutCause(context.Background(), limit, fmt.Errorf("the story takes more than %v", limit))
	ctx, cancelProcess := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.NoSandbox, // Chromium refuses to run as root otherwise
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)...)
	t.Cleanup(func() {
		cancelProcess() // waits until the process and its profile are gone
		cancelStory()
	})
	// Without the emulation of focus only the tab that was opened last gets keys.
	focus := command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b := &Browser{t: t, ctx: ctx, limit: stepLimit, options: append([]Option{Size(1280, 800), scheme("light"), focus}, options...)}
	return b.NewTab()
}

// NewTab opens another tab of the same browser, with the same cookies.
func (b *Browser) NewTab() *Browser {
	b.t.Helper()
	tab := &Browser{t: b.t, limit: b.limit, options: b.options}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithListener(tab.watch.event))
	b.t.Cleanup(cancel)
	tab.ctx = ctx
	for _, option := range b.options {
		// Not in the context of a step: the browser lives as long as the context of its first action.
		if err := chromedp.Do(ctx, chromedp.Action[chromedp.Void](option)); err != nil {
			b.t.Fatalf("start Chromium: %v", err)
		}
	}
	return tab
}

// Open loads a URL. The answer may have any status.
func (b *Browser) Open(url string) { b.t.Helper(); b.do("open "+url, chromedp.Navigate(url)) }

// Reload loads the page again, as the browser's button does.
func (b *Browser) Reload() { b.t.Helper(); b.do("reload", chromedp.Reload()) }

// Back goes one step back in the history.
func (b *Browser) Back() {
	b.t.Helper()
	// Not NavigateBack, which waits for a load event: a page from the back/forward cache has none.
	const place = `String(navigation.currentEntry.index)`
	from := b.Eval(place)
	b.Eval(`history.back()`)
	b.wait("back", place, func(now string) bool { return now != from })
}

// Click clicks the first visible element that the CSS selector matches.
func (b *Browser) Click(selector string) { b.t.Helper(); b.click("click "+selector, "", selector) }

// ClickText clicks the first visible button or link that shows this text or has it as its aria-label; without one, the
// label of a field.
func (b *Browser) ClickText(text string) {
	b.t.Helper()
	b.click("click "+text, text, "a[href], button, summary", "label")
}

// click clicks the first visible element that one of the selectors matches and that says the text, if it is not "".
func (b *Browser) click(what, text string, selectors ...string) {
	b.t.Helper()
	arguments, err := json.Marshal([]any{text, selectors})
	if err != nil {
		b.t.Fatal(err)
	}
	last := ""
	place := b.wait(what, fmt.Sprintf("(%s)(...%s)", find, arguments), func(place string) bool {
		rests := place != "" && place == last
		last = place
		return rests
	})
	var x, y float64
	if _, err := fmt.Sscan(place, &x, &y); err != nil {
		b.t.Fatal(err)
	}
	b.do(what, chromedp.MouseClickXY(x, y))
}

// find brings an element into view and returns where its middle is, "" if there is none.
const find = `(text, selectors) => {
	const words = (s) => (s || "").replace(/\s+/g, " ").trim();
	for (const selector of selectors)
		for (const e of document.querySelectorAll(selector))
			if (e.checkVisibility({ visibilityProperty: true }) && !e.matches(":disabled") &&
				(!text || [words(e.innerText), words(e.ariaLabel)].includes(text))) {
				e.scrollIntoView({ block: "center", behavior: "instant" });
				const box = e.getClientRects()[0];
				return box.x + box.width / 2 + " " + (box.y + box.height / 2);
			}
	return "";
}`

// Fill types a value into the field of this name, in place of what is there.
func (b *Browser) Fill(name, value string) {
	b.t.Helper()
	if value == "" {
		value = kb.Backspace
	}
	b.click("fill "+name, "", fmt.Sprintf("[name=%q]:not([type=hidden])", name))
	b.Eval(`document.activeElement.select()`)
	b.do("fill "+name, chromedp.KeyEvent(value))
}

// Press presses a key: Tab, Enter, Escape, or the one of a character.
func (b *Browser) Press(key string) {
	b.t.Helper()
	if named, ok := map[string]string{"Tab": kb.Tab, "Enter": kb.Enter, "Escape": kb.Escape}[key]; ok {
		key = named
	}
	b.do("press "+key, chromedp.KeyEvent(key))
}

// Eval returns the value of a JavaScript expression, of a promise the value that it settles to, as encoding/json decodes
// it.
func (b *Browser) Eval(js string) (value any) {
	b.t.Helper()
	b.do("evaluate "+js, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) (err error) {
		value, err = chromedp.Evaluate[any](js, chromedp.EvalAwaitPromise)(ctx, tab)
		return err
	}))
	return value
}
