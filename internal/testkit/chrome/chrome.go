// Package chrome runs stories in a real browser: a headless Chromium that a
// test drives as a person would, by what is visible, with a mouse and keys.
//
// Every step waits until it can be done, and every step that leads to another
// document waits until that has loaded. A step that isn't possible in time
// fails the test and says what the page showed.
package chrome

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const (
	// storyTimeout is the default limit of a browser's life.
	storyTimeout = 60 * time.Second
	// stepTimeout limits one step, so that a wrong story fails early.
	stepTimeout = 10 * time.Second
	// pollInterval is the pause between two looks at the page.
	pollInterval = 10 * time.Millisecond
)

// Browser is one tab of a headless Chromium. Its methods fail the test that it
// was made for; like the test, it belongs to one goroutine.
type Browser struct {
	t        testing.TB
	ctx      context.Context // of the tab; ends with the browser's time limit
	settings settings
	watch    *watcher
}

// settings are what the options choose. They hold for all tabs of a browser.
type settings struct {
	width, height int64
	media         []*emulation.MediaFeature
	noScript      bool
	timeout       time.Duration // of the whole browser
	stepTimeout   time.Duration
}

// Option changes how [New] sets up the browser.
type Option func(*settings)

// Size sets the size of the viewport in CSS pixels. The default is 1280×800.
func Size(width, height int) Option {
	return func(s *settings) { s.width, s.height = int64(width), int64(height) }
}

// Dark makes the browser prefer a dark colour scheme. Without it, light.
func Dark() Option {
	return prefer("prefers-color-scheme", "dark")
}

// ReducedMotion makes the browser ask for reduced motion.
func ReducedMotion() Option {
	return prefer("prefers-reduced-motion", "reduce")
}

func prefer(feature, value string) Option {
	return func(s *settings) {
		s.media = append(s.media, &emulation.MediaFeature{Name: feature, Value: value})
	}
}

// NoScript turns off the scripts of pages, as a person may. All methods still
// work, also [Browser.Eval].
func NoScript() Option {
	return func(s *settings) { s.noScript = true }
}

// Timeout replaces the limit of the browser's whole life, which is 60 s.
func Timeout(d time.Duration) Option {
	return func(s *settings) { s.timeout = d }
}

// New starts a browser with an empty profile, which ends with the test. It
// skips the test where no Chromium is installed, and with -short.
func New(t testing.TB, opts ...Option) *Browser {
	t.Helper()
	program, err := findProgram()
	if err != nil {
		t.Skip(err)
	}
	if testing.Short() {
		t.Skip("Chromium: not with -short")
	}
	s := settings{
		width: 1280, height: 800,
		timeout:     storyTimeout,
		stepTimeout: stepTimeout,
		media:       []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}},
	}
	for _, opt := range opts {
		opt(&s)
	}

	limit := fmt.Errorf("the browser's limit of %v is over", s.timeout)
	ctx, cancelLimit := context.WithTimeoutCause(context.Background(), s.timeout, limit)
	flags := append(chromedp.DefaultExecAllocatorOptions[:], // headless, first run, background, sync
		chromedp.ExecPath(program),
		chromedp.NoSandbox, // Chromium refuses to run as root otherwise
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	ctx, cancelProcess := chromedp.NewExecAllocator(ctx, flags...)
	t.Cleanup(func() {
		cancelProcess() // waits until the process and its profile are gone
		cancelLimit()
	})
	return newTab(t, ctx, s)
}

// NewTab opens another tab of the same browser, with the same cookies and
// settings.
func (b *Browser) NewTab() *Browser {
	b.t.Helper()
	return newTab(b.t, b.ctx, b.settings)
}

// newTab opens a tab in the browser of the context, which it starts if it
// doesn't run yet.
func newTab(t testing.TB, parent context.Context, s settings) *Browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	b := &Browser{t: t, ctx: ctx, settings: s, watch: new(watcher)}
	// Not in a context with a shorter limit: the browser lives as long as the
	// context of its first action.
	if err := chromedp.Do(ctx, chromedp.Func(b.prepare)); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return b
}

// prepare applies the settings to a new tab and starts to watch it.
func (b *Browser) prepare(ctx context.Context, tab *chromedp.Target) error {
	tree, err := cdp.Call(ctx, tab, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return err
	}
	b.watch.frame = tree.FrameTree.Frame.ID
	if err := chromedp.Listen(b.ctx, b.watch.event); err != nil {
		return err
	}
	if err := chromedp.Listen(b.ctx, b.acceptDialog); err != nil {
		return err
	}
	if _, err := chromedp.EmulateViewport(b.settings.width, b.settings.height)(ctx, tab); err != nil {
		return err
	}
	media := emulation.SetEmulatedMediaParams{Features: b.settings.media}
	if _, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, media); err != nil {
		return err
	}
	// Every tab acts as the active one, so that keys reach it and :focus holds.
	focus := emulation.SetFocusEmulationEnabledParams{Enabled: true}
	if _, err := cdp.Call(ctx, tab, emulation.SetFocusEmulationEnabled, focus); err != nil {
		return err
	}
	script := emulation.SetScriptExecutionDisabledParams{Value: b.settings.noScript}
	_, err = cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, script)
	return err
}

// acceptDialog answers the dialogs of scripts, such as confirm, with OK: an
// open dialog would block every other step.
func (b *Browser) acceptDialog(event any) {
	if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
		// Events arrive on the goroutine that also receives the answer.
		go chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
	}
}

// findProgram returns the path of an installed Chromium.
func findProgram() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium here: none of %s is in PATH", strings.Join(names, ", "))
}
