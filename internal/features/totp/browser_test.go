package totp_test

import (
	"flag"
	"fmt"
	"image"
	_ "image/png"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
	"example.com/latchkey/views"
)

var pictures = flag.String("pictures", "", "write pictures of the pages into this folder")

// scan reads the QR code that the browser shows, as a phone does that is held before it: from a picture of the page.
func scan(t *testing.T, b *chrome.Browser) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "page.png")
	b.Screenshot(name)
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, _, err := image.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	where, ok := b.Eval(`(() => { const r = document.querySelector("svg.qr").getBoundingClientRect();
		return [r.left + scrollX, r.top + scrollY, r.right + scrollX, r.bottom + scrollY].map((at) => Math.round(at * devicePixelRatio)) })()`).([]any)
	if !ok || len(where) != 4 {
		t.Fatalf("the code is at %v", where)
	}
	at := func(i int) int { return int(where[i].(float64)) }
	part, ok := picture.(interface {
		SubImage(r image.Rectangle) image.Image
	})
	if !ok {
		t.Fatalf("a picture of %T", picture)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(part.SubImage(image.Rect(at(0), at(1), at(2), at(3))))
	if err != nil {
		t.Fatal(err)
	}
	read, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true})
	if err != nil {
		t.Fatal(err)
	}
	return read.GetText()
}

// logIn does the first step.
func logIn(b *chrome.Browser, k *testkit.Kit, next string) {
	b.Open(k.URL + "/login?next=" + next)
	b.Fill("email", testkit.Ada)
	b.Fill("password", testkit.Password)
	b.Click("main button.primary")
}

// TestBrowserSetsUpAnAppAndLogsIn is the whole story: an app scans the picture, its code confirms it, and from then on it is
// asked for.
func TestBrowserSetsUpAnAppAndLogsIn(t *testing.T) {
	for name, options := range map[string][]chrome.Option{"light": nil, "dark, without JavaScript": {chrome.Dark(), chrome.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			k := testkit.Start(t)
			testkit.Verified(t, k, testkit.Ada)
			b := chrome.New(t, options...)
			logIn(b, k, setUp)
			b.WaitPath(setUp)
			link, err := url.Parse(scan(t, b))
			if err != nil {
				t.Fatal(err)
			}
			if link.Scheme != "otpauth" || link.Host != "totp" || link.Path != "/"+views.Site+":"+testkit.Ada || link.Query().Get("issuer") != views.Site {
				t.Errorf("the QR code holds %s", link)
			}
			a := phone{k, link.Query().Get("secret")}
			b.Fill("code", "000000")
			b.ClickText("Confirm the app")
			b.WaitText("This is not the code")
			if again, err := url.Parse(scan(t, b)); err != nil || again.String() != link.String() {
				t.Errorf("after a wrong code another picture is shown: %s %v", again, err)
			}
			b.Fill("code", a.code(t))
			b.ClickText("Confirm the app")
			b.WaitText("Your authenticator app is set up")

			b.Click(".who summary")
			b.ClickText("Log out")
			b.WaitPath("/")
			logIn(b, k, testkit.Private)
			b.WaitPath(step)
			b.Open(k.URL + testkit.Private) // which is not open yet
			b.WaitPath("/login")
			b.Open(k.URL + step)
			k.Clock.Advance(30 * time.Second)
			b.Fill("code", a.code(t))
			b.ClickText("Trust this browser")
			b.Click("main button.primary")
			b.WaitPath(testkit.Private)
			b.Open(k.URL + "/account/security/second-factor")
			b.WaitText("Browsers that you trust")
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
			k := testkit.Start(t)
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
			logIn(b, k, setUp)
			b.WaitPath(setUp)
			look("none", path)
			look("second-none", second)
			look("set-up", setUp)
			b.Fill("code", "12")
			b.ClickText("Confirm the app")
			b.WaitText("six digits that your app shows")
			look("set-up-wrong", "")
			link, err := url.Parse(scan(t, b))
			if err != nil {
				t.Fatal(err)
			}
			a := phone{k, link.Query().Get("secret")}
			b.Fill("code", a.code(t))
			b.ClickText("Confirm the app")
			b.WaitText("is set up")
			look("second-next", "")
			look("app", path)
			look("remove", path+"/remove")
			look("security", "/account/devices")
			look("codes-none", "/account/security/recovery-codes")
			if b.Eval(`[...document.querySelectorAll("main button")].length`).(float64) > 0 { // where that feature is not taken out
				b.ClickText("Make ten codes")
				b.WaitText("shown this once")
				look("codes", "")
			}
			b.Click(".who summary")
			b.ClickText("Log out")
			b.WaitPath("/")
			logIn(b, k, testkit.Private)
			b.WaitPath(step)
			look("step", "")
			b.Fill("code", "000000")
			b.Click("main button.primary")
			b.WaitText("This is not the code")
			look("step-wrong", "")
			b.Eval(`for (const d of document.querySelectorAll("main details")) d.open = true`)
			look("step-open", "")
			b.ClickText("Ask to have it removed")
			b.WaitText("We have written to you")
			look("lost", "")
			b.Open(k.URL + step)
			k.Clock.Advance(30 * time.Second)
			b.Fill("code", a.code(t))
			b.ClickText("Trust this browser")
			b.Click("main button.primary")
			b.WaitPath(testkit.Private)
			look("second", second)
		}
	}
}

// TestPagesAreForEverybody comes to the pages that only somebody sees who has an app.
func TestPagesAreForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	k := testkit.Start(t)
	_, a := owner(t, k)
	b := chrome.New(t)
	logIn(b, k, setUp)
	b.WaitPath(step)
	b.ForEverybody("the code of an app as the second step")
	b.Fill("code", "12")
	b.Click("main button.primary")
	b.WaitText("six digits that your app shows")
	b.ForEverybody("a wrong code")
	b.Fill("code", a.next(t))
	b.Click("main button.primary")
	b.WaitPath(setUp)
	b.ForEverybody("an app in place of another one")
	b.Open(k.URL + second)
	b.ForEverybody("the factors that are on")
	b.Open(k.URL + path)
	b.WaitText("Set up another app instead")
	b.ForEverybody("the app")
	b.ClickText("Remove the app")
	b.WaitPath(path + "/remove")
	b.ForEverybody(`GET /account/security/authenticator/remove`)
}
