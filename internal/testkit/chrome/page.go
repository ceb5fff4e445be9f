package chrome

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Text returns the visible text of the page.
func (b *Browser) Text() string { b.t.Helper(); return b.wait("read the text", visibleText, now) }

// Title returns the title of the page.
func (b *Browser) Title() string {
	b.t.Helper()
	return b.wait("read the title", `document.title`, now)
}

// Location returns the URL of the page.
func (b *Browser) Location() string {
	b.t.Helper()
	return b.wait("read the URL", `location.href`, now)
}

// Focused describes the element that has the focus: "input#email", `a "Home"` or, if none has, "body".
func (b *Browser) Focused() string {
	b.t.Helper()
	return b.wait("read the focus", `((e) => e.localName + (e.id ? "#" + e.id : "") +
		(e.innerText && e !== document.body ? " " + JSON.stringify(e.innerText.replace(/\s+/g, " ").trim()) : ""))(document.activeElement)`, now)
}

// WaitText waits until the visible text of the page contains the given one.
func (b *Browser) WaitText(text string) {
	b.t.Helper()
	b.wait("wait for the text "+text, visibleText, func(shown string) bool { return strings.Contains(shown, text) })
}

// WaitPath waits until the URL of the page has this path.
func (b *Browser) WaitPath(path string) {
	b.t.Helper()
	b.wait("wait for the path "+path, `location.href`, func(href string) bool {
		u, err := url.Parse(href)
		return err == nil && u.Path == path
	})
}

// Screenshot writes the whole page as a PNG file.
func (b *Browser) Screenshot(file string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	b.check("take a screenshot", err)
}

// ConsoleErrors returns what went wrong in this tab so far: errors in the console, uncaught exceptions, violations of the
// content security policy and resources that failed to load. The status of a page itself, such as 422, is no error.
func (b *Browser) ConsoleErrors() []string {
	b.t.Helper()
	b.wait("read the console", `""`, now) // what happened before has arrived when this is answered
	b.watch.mu.Lock()
	defer b.watch.mu.Unlock()
	return slices.Clone(b.watch.errors)
}

const visibleText = `document.body.innerText`

func now(string) bool { return true }

// do takes a step, and waits until the page that it leads to has loaded.
func (b *Browser) do(what string, action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeoutCause(b.ctx, b.limit, fmt.Errorf("not within %v", b.limit))
	defer cancel()
	if err := chromedp.Do(ctx, action); err != nil {
		b.check(what, cmp.Or(context.Cause(ctx), err))
	}
	b.wait(what, `""`, now) // the browser says that it goes to another page before it answers this
}

// wait returns what the page computes as soon as it has loaded and that is right. While one page replaces another there
// is nothing to compute it in: then it looks again.
func (b *Browser) wait(what, js string, right func(string) bool) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeoutCause(b.ctx, b.limit, fmt.Errorf("not within %v", b.limit))
	defer cancel()
	for ctx.Err() == nil {
		value, err := chromedp.Run(ctx, chromedp.Evaluate[string](js))
		if err == nil && b.watch.loaded() && right(value) {
			return value
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.check(what, context.Cause(ctx))
	return ""
}

// check fails the test if a step failed, and says what the page shows.
func (b *Browser) check(what string, err error) {
	b.t.Helper()
	if err != nil {
		shows, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + `+visibleText))
		b.t.Fatalf("browser: %s: %v\nThe page is %s", what, err, shows)
	}
}

// A watcher follows the events of a tab.
type watcher struct {
	mu      sync.Mutex
	leaving bool         // for another page, which has not loaded yet
	loader  cdp.LoaderID // of the newest page
	errors  []string
}

func (w *watcher) loaded() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.leaving
}

func (w *watcher) event(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *page.EventFrameRequestedNavigation:
		w.leaving = w.leaving || e.Disposition == page.ClientNavigationDispositionCurrentTab
	case *page.EventFrameStartedNavigating:
		if !strings.Contains(strings.ToLower(string(e.NavigationType)), "samedocument") {
			w.leaving, w.loader = true, e.LoaderID
		}
	case *page.EventFrameNavigated:
		w.leaving = w.leaving && e.Type != page.NavigationTypeBackForwardCacheRestore // which comes back loaded
	case *page.EventFrameStoppedLoading:
		w.leaving = false
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && string(e.Entry.NetworkRequestID) != string(w.loader) {
			w.errors = append(w.errors, fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventExceptionThrown:
		w.errors = append(w.errors, (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			w.errors = append(w.errors, fmt.Sprintf("console.error: %s", e.Args[0].Value))
		}
	}
}
