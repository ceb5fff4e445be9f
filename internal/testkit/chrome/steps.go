package chrome

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// find is the script that finds the element of a step.
//
//go:embed page.js
var find string

// Open loads a URL in the tab. The answer may have any status.
func (b *Browser) Open(url string) {
	b.t.Helper()
	b.move("open "+url, func(ctx context.Context, tab *chromedp.Target) error {
		answer, err := cdp.Call(ctx, tab, page.Navigate, page.NavigateParams{URL: url})
		if err == nil && answer.ErrorText != "" {
			err = errors.New(answer.ErrorText)
		}
		return err
	})
}

// Reload loads the document again, as the browser's button does: a form that
// was posted is posted again.
func (b *Browser) Reload() {
	b.t.Helper()
	b.move("reload", func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.Reload, page.ReloadParams{})
		return err
	})
}

// Back goes one step back in the history.
func (b *Browser) Back() {
	b.t.Helper()
	b.move("back", func(ctx context.Context, tab *chromedp.Target) error {
		history, err := cdp.Call(ctx, tab, page.GetNavigationHistory, cdp.Empty{})
		if err != nil {
			return err
		}
		if history.CurrentIndex == 0 {
			return errors.New("this is the start of the history")
		}
		previous := history.Entries[history.CurrentIndex-1]
		_, err = cdp.Call(ctx, tab, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: previous.ID})
		return err
	})
}

// Click clicks the first visible element that the CSS selector matches.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.act(fmt.Sprintf("click %q", selector), func(ctx context.Context, tab *chromedp.Target) error {
		return click(ctx, tab, "css", selector)
	})
}

// ClickText clicks the one button or link that shows this text or has it as
// its aria-label; if there is none, the label of a field.
func (b *Browser) ClickText(text string) {
	b.t.Helper()
	b.act(fmt.Sprintf("click the text %q", text), func(ctx context.Context, tab *chromedp.Target) error {
		return click(ctx, tab, "text", text)
	})
}

// Fill clicks the one visible field of this name and types the value in place
// of what is there. In a select it chooses the option with this label or value.
func (b *Browser) Fill(name, value string) {
	b.t.Helper()
	b.act(fmt.Sprintf("fill %q", name), func(ctx context.Context, tab *chromedp.Target) error {
		chosen, err := chromedp.Evaluate[bool](call(chooseOption, name, value))(ctx, tab)
		if chosen || err != nil {
			return err
		}
		if err := click(ctx, tab, "field", name); err != nil {
			return err
		}
		ready, err := chromedp.Evaluate[bool](call(selectContent, name))(ctx, tab)
		if err != nil {
			return err
		}
		if !ready {
			return errors.New("the field doesn't keep the focus")
		}
		return typeText(ctx, tab, value)
	})
}

// chooseOption chooses an option of a select, and returns whether there is a
// select of this name. Its native list isn't part of the page, so no click
// reaches it.
const chooseOption = `(name, value) => {
  const select = [...document.querySelectorAll("select")].find((e) => e.name === name);
  if (!select) return false;
  const option = [...select.options].find((o) => o.label === value || o.value === value);
  if (!option) throw new Error("no such option: " + value);
  select.focus();
  select.value = option.value;
  for (const type of ["input", "change"]) select.dispatchEvent(new Event(type, { bubbles: true }));
  return true;
}`

// selectContent selects what the focused field holds, so that typing replaces
// it, and returns whether the field of this name has the focus.
const selectContent = `(name) => {
  const e = document.activeElement;
  if (e.name !== name) return false;
  e.select?.();
  return true;
}`

// typeText presses the key of each character. A long text arrives in one
// piece, as pasted.
func typeText(ctx context.Context, tab *chromedp.Target, text string) error {
	const longest = 500
	var err error
	switch {
	case text == "":
		_, err = chromedp.KeyEvent(kb.Backspace)(ctx, tab)
	case len(text) > longest:
		_, err = cdp.Call(ctx, tab, input.InsertText, input.InsertTextParams{Text: text})
	default:
		_, err = chromedp.KeyEvent(strings.ReplaceAll(text, "\n", kb.Enter))(ctx, tab)
	}
	return err
}

// Press presses one key, named as in [KeyboardEvent.key] ("Tab", "Enter",
// "Escape", "ArrowDown", "a", …), with modifiers in front: "Shift+Tab".
//
// [KeyboardEvent.key]: https://developer.mozilla.org/docs/Web/API/UI_Events/Keyboard_event_key_values
func (b *Browser) Press(key string) {
	b.t.Helper()
	keys, modifiers, err := parseKey(key)
	if err != nil {
		b.t.Fatal(err)
	}
	b.act("press "+key, func(ctx context.Context, tab *chromedp.Target) error {
		_, err := chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...))(ctx, tab)
		return err
	})
}

// parseKey returns the key of a name such as "Control+Enter".
func parseKey(name string) (string, []chromedp.Modifier, error) {
	parts := strings.Split(name, "+")
	last := len(parts) - 1
	var modifiers []chromedp.Modifier
	for _, part := range parts[:last] {
		modifier, ok := map[string]chromedp.Modifier{
			"Shift": chromedp.ModifierShift, "Control": chromedp.ModifierCtrl,
			"Alt": chromedp.ModifierAlt, "Meta": chromedp.ModifierMeta,
		}[part]
		if !ok {
			return "", nil, fmt.Errorf("press %q: unknown modifier %q", name, part)
		}
		modifiers = append(modifiers, modifier)
	}
	named := map[string]string{
		"Tab": kb.Tab, "Enter": kb.Enter, "Escape": kb.Escape, "Space": " ",
		"Backspace": kb.Backspace, "Delete": kb.Delete,
		"ArrowUp": kb.ArrowUp, "ArrowDown": kb.ArrowDown,
		"ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight,
		"Home": kb.Home, "End": kb.End, "PageUp": kb.PageUp, "PageDown": kb.PageDown,
	}
	if key, ok := named[parts[last]]; ok {
		return key, modifiers, nil
	}
	if len([]rune(parts[last])) == 1 {
		return parts[last], modifiers, nil
	}
	return "", nil, fmt.Errorf("press %q: unknown key %q", name, parts[last])
}

// Eval returns the value of a JavaScript expression, of a promise the value
// that it settles to, as encoding/json decodes it.
func (b *Browser) Eval(js string) any {
	b.t.Helper()
	var value any
	b.act("evaluate "+js, func(ctx context.Context, tab *chromedp.Target) (err error) {
		value, err = chromedp.Evaluate[any](js, chromedp.EvalAwaitPromise)(ctx, tab)
		return err
	})
	return value
}

// Text returns the visible text of the document.
func (b *Browser) Text() string {
	b.t.Helper()
	return b.read("read the text", visibleText)
}

const visibleText = `document.body ? document.body.innerText : ""`

// Title returns the title of the document.
func (b *Browser) Title() string {
	b.t.Helper()
	return b.read("read the title", `document.title`)
}

// Location returns the URL of the document.
func (b *Browser) Location() string {
	b.t.Helper()
	return b.read("read the location", `location.href`)
}

// Focused describes the element that has the focus, such as
// "input#email[name=email]". One with neither id nor name is described by its
// text: `a "Home"`. Without a focus it is "body".
func (b *Browser) Focused() string {
	b.t.Helper()
	return b.read("read the focus", `(() => {
  const e = document.activeElement;
  if (!e) return "";
  let s = e.localName;
  if (e.id) s += "#" + e.id;
  if (e.name) s += "[name=" + e.name + "]";
  if (s === e.localName && s !== "body") s += " " + JSON.stringify(e.innerText.replace(/\s+/g, " ").trim());
  return s;
})()`)
}

// WaitText waits until the visible text contains the given one.
func (b *Browser) WaitText(text string) {
	b.t.Helper()
	b.wait(fmt.Sprintf("wait for the text %q", text), visibleText, func(now string) bool {
		return strings.Contains(now, text)
	})
}

// WaitPath waits until the document's URL has this path. The query counts if
// the given path has one.
func (b *Browser) WaitPath(path string) {
	b.t.Helper()
	b.wait("wait for the path "+path, `location.href`, func(now string) bool {
		u, err := url.Parse(now)
		return err == nil && (u.Path == path || u.RequestURI() == path)
	})
}

// Cookies returns all cookies of the browser, in the order of their names.
func (b *Browser) Cookies() []*network.Cookie {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	answer, err := chromedp.Call(ctx, storage.GetCookies, storage.GetCookiesParams{})
	b.check("read the cookies", err)
	slices.SortFunc(answer.Cookies, func(x, y *network.Cookie) int { return strings.Compare(x.Name, y.Name) })
	return answer.Cookies
}

// ConsoleErrors returns what went wrong in this tab since it was opened, in
// order: errors in the console, uncaught exceptions, violations of the content
// security policy and resources that failed to load. The status of a document
// itself, such as 422, is no error.
func (b *Browser) ConsoleErrors() []string {
	b.t.Helper()
	b.read("read the console", `""`) // what happened before has now arrived
	return b.watch.errors()
}

// Screenshot writes the whole document as a PNG file.
func (b *Browser) Screenshot(file string) {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	b.check("take a screenshot", err)
}
