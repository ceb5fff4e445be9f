package chrome

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// site is a small site with what the stories below need.
func site(t *testing.T) string {
	mux := http.NewServeMux()
	show := func(pattern, body string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "<!doctype html><title>%s</title>%s", r.URL.Path, body)
		})
	}
	show("GET /{$}", `<h1>Home</h1>
		<a href="/form">To the form</a> <a href="/none">No content</a> <a href="#here">Here</a>
		<a href="/broken">Broken</a> <button>Twice</button> <button>Twice</button>
		<button hidden>Unseen</button> <button aria-label="Close">×</button>
		<button id="off" disabled>Off</button> <span style="position:relative">
		<button id="covered">Covered</button><div id="veil" style="position:absolute;inset:0"></div></span><script>addEventListener("pageshow", (e) => veil.dataset.kept = e.persisted)</script>
		<p style="height:3000px">Tall</p><a id="deep" href="/form">Deep</a>`)
	show("GET /form", `<form method="post" action="/form">
		<input name="email" id="email" value="old"><input type="password" name="password">
		<input type="hidden" name="token" value="t"><textarea name="body"></textarea>
		<select name="theme"><option value="l">Light</option><option value="d">Dark</option></select>
		<label><input type="checkbox" name="keep"> Keep me</label>
		<button>Send</button></form>`)
	mux.HandleFunc("POST /form", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("email") == "" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, "Email is missing")
			return
		}
		// Slow, so that a step that doesn't wait for the document shows.
		time.Sleep(150 * time.Millisecond)
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: r.FormValue("email"), HttpOnly: true, Path: "/"})
		http.Redirect(w, r, "/done?"+r.PostForm.Encode(), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /done", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<!doctype html><title>Done</title>%q", r.URL.Query())
	})
	mux.HandleFunc("GET /cookie", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "cookies: %s", r.Header.Get("Cookie"))
	})
	mux.HandleFunc("GET /none", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	show("GET /look", `<style>body::after{content:"light"} .calm{display:none}
		@media (prefers-color-scheme:dark){body::after{content:"dark"}}
		@media (prefers-reduced-motion:reduce){.calm{display:block}}</style><p class="calm">calm</p>`)
	show("GET /script", `<noscript>no script</noscript><script>document.write("with script")</script>
		<a href="/form">To the form</a>`)
	show("GET /later", `<p id="p">wait</p><button onclick="history.pushState(0,'','/later/moved')">Move</button>
		<button id="slow" disabled onclick="location.href='/done?by=script'">Go</button>
		<script>setTimeout(() => { p.textContent = "it came"; slow.disabled = false }, 200)</script>`)
	show("GET /confirm", `<form action="/done" onsubmit="return confirm('Sure?')"><button>Delete</button></form>`)
	show("GET /keys", `<a href="/form">First</a><input name="q" id="q" onkeydown="document.title+=event.key"><button name="b">Last</button>`)
	mux.HandleFunc("GET /errors", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "style-src 'self'; script-src 'self' 'nonce-n'")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `<!doctype html><p style="color:red">x</p><script>alert("blocked")</script><img src="/missing.png">
			<script nonce="n">console.log("fine"); console.error("logged", 7); setTimeout(() => { throw new Error("thrown") })</script>`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %q, want %q", what, got, want)
	}
}

func TestForm(t *testing.T) {
	url := site(t)
	began := time.Now()
	b := New(t)
	t.Logf("New: %v", time.Since(began))
	began = time.Now()
	b.Open(url + "/")
	t.Logf("Open: %v", time.Since(began))
	expect(t, "title", b.Title(), "/")
	b.ClickText("To the form")
	expect(t, "location", b.Location(), url+"/form")

	b.Fill("email", "ann@example.com")
	b.Fill("password", "pässword ✓")
	b.Fill("body", "one\ntwo")
	b.Fill("theme", "Dark")
	b.ClickText("Keep me")
	began = time.Now()
	b.ClickText("Send")
	t.Logf("Send: %v", time.Since(began))
	expect(t, "title", b.Title(), "Done")
	expect(t, "text", b.Text(), `map["body":["one\r\ntwo"] "email":["ann@example.com"] "keep":["on"] "password":["pässword ✓"] "theme":["d"] "token":["t"]]`)

	cookies := b.Cookies()
	if len(cookies) != 1 || cookies[0].Value != "ann@example.com" || !cookies[0].HTTPOnly {
		t.Errorf("cookies are %+v", cookies)
	}
	tab := b.NewTab()
	tab.Open(url + "/cookie")
	expect(t, "text of the other tab", tab.Text(), "cookies: seen=ann@example.com")
	expect(t, "title of the first tab", b.Title(), "Done")

	b.Back()
	expect(t, "location after back", b.Location(), url+"/form")
	b.Fill("email", "")
	b.Click("form button")
	expect(t, "text after a form without email", b.Text(), "Email is missing")
	b.Reload()
	expect(t, "text after a reload", b.Text(), "Email is missing")
	if errors := b.ConsoleErrors(); len(errors) > 0 {
		t.Errorf("errors: %q", errors)
	}
}

func TestSameDocumentAndNoDocument(t *testing.T) {
	url := site(t)
	b := New(t)
	b.Open(url + "/")
	b.ClickText("Here")
	expect(t, "location", b.Location(), url+"/#here")
	b.Back()
	expect(t, "location after back", b.Location(), url+"/")
	b.ClickText("No content")
	expect(t, "location after 204", b.Location(), url+"/")
	b.ClickText("Close")
	b.Click("#deep")
	expect(t, "location after the link far below", b.Location(), url+"/form")

	b.Back()
	expect(t, "kept by the back/forward cache", fmt.Sprint(b.Eval(`veil.dataset.kept`)), "true")

	b.Open(url + "/later")
	b.WaitText("it came")
	b.ClickText("Move")
	b.WaitPath("/later/moved")
	b.Open(url + "/later")
	b.ClickText("Go") // enabled after a while
	b.WaitPath("/done")
	b.WaitPath("/done?by=script")
	expect(t, "title", b.Title(), "Done")

	b.Open(url + "/confirm")
	b.ClickText("Delete")
	expect(t, "title after the dialog", b.Title(), "Done")
	if got := b.Eval(`new Promise((done) => setTimeout(done, 10, [1, "two"]))`); fmt.Sprint(got) != "[1 two]" {
		t.Errorf("Eval returns %v", got)
	}
	if got := b.Eval(`undefined`); got != nil {
		t.Errorf("Eval of undefined returns %v", got)
	}
	b.Eval(`location.href = "/form"`)
	expect(t, "title after the script moved", b.Title(), "/form")
}

func TestKeyboard(t *testing.T) {
	url := site(t)
	b := New(t)
	b.Open(url + "/keys")
	var walk []string
	for _, key := range []string{"", "Tab", "Tab", "Tab", "Shift+Tab", "a", "Escape"} {
		if key != "" {
			b.Press(key)
		}
		walk = append(walk, b.Focused())
	}
	want := []string{"body", `a "First"`, "input#q[name=q]", "button[name=b]", "input#q[name=q]", "input#q[name=q]", "input#q[name=q]"}
	if !slices.Equal(walk, want) {
		t.Errorf("focus walks %q, want %q", walk, want)
	}
	expect(t, "keys", b.Title(), "/keysTabaEscape")

	b.Open(url + "/keys")
	b.Press("Tab")
	b.Press("Enter")
	expect(t, "location after Enter on a link", b.Location(), url+"/form")
	b.Fill("email", "ann@example.com")
	b.Press("Enter")
	expect(t, "title after Enter in a form", b.Title(), "Done")

	for _, wrong := range []string{"", "Entr", "Hyper+a"} {
		if _, _, err := parseKey(wrong); err == nil {
			t.Errorf("parseKey(%q) accepts it", wrong)
		}
	}
}

func TestLook(t *testing.T) {
	url := site(t)
	look := func(b *Browser) string {
		b.Open(url + "/look")
		return fmt.Sprint(b.Eval(`getComputedStyle(document.body, "::after").content + innerWidth + "x" + innerHeight + document.body.innerText`))
	}
	expect(t, "default look", look(New(t)), `"light"1280x800`)
	b := New(t, Dark(), ReducedMotion(), Size(360, 640))
	expect(t, "look", look(b), `"dark"360x640calm`)
	expect(t, "look of another tab", look(b.NewTab()), `"dark"360x640calm`)

	file := filepath.Join(t.TempDir(), "new", "look.png")
	b.Screenshot(file)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if image, err := png.DecodeConfig(bytes.NewReader(data)); err != nil || image.Width != 360 {
		t.Errorf("screenshot: %+v, %v", image, err)
	}
}

func TestNoScript(t *testing.T) {
	url := site(t)
	with := New(t)
	with.Open(url + "/script")
	expect(t, "text with scripts", with.Text(), "with script To the form")

	b := New(t, NoScript())
	for _, tab := range []*Browser{b, b.NewTab()} {
		tab.Open(url + "/script")
		expect(t, "text", tab.Text(), "no script To the form")
		tab.ClickText("To the form")
		tab.Fill("email", "ann@example.com")
		tab.ClickText("Send")
		expect(t, "title", tab.Title(), "Done")
		tab.Back()
		tab.Back()
		expect(t, "text after going back", tab.Text(), "no script To the form")
	}
}

func TestConsoleErrors(t *testing.T) {
	url := site(t)
	b := New(t)
	b.Open(url + "/errors")
	all := b.ConsoleErrors()
	for _, want := range []string{"inline style", "inline script", "console.error: logged 7", "Error: thrown", "404 (Not Found)"} {
		if !slices.ContainsFunc(all, func(e string) bool { return strings.Contains(e, want) }) {
			t.Errorf("no error has %q", want)
		}
	}
	if len(all) != 5 {
		t.Errorf("%d errors, want 5", len(all))
	}
	t.Log(strings.Join(all, "\n"))
}

// failure runs a step that must fail within a limit, and returns what the test says.
func failure(b *Browser, limit time.Duration, step func(*Browser)) string {
	said := &recorder{TB: b.t}
	copied := *b
	copied.t = said
	copied.settings.stepTimeout = limit
	done := make(chan struct{})
	go func() { // Fatalf ends its goroutine
		defer close(done)
		step(&copied)
	}()
	<-done
	return said.text
}

type recorder struct {
	testing.TB
	text string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Skip(args ...any) {
	r.text = fmt.Sprint(args...)
	r.TB.SkipNow()
}

func TestFailuresAreReadable(t *testing.T) {
	url := site(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	b := New(t)
	b.Open(url + "/")
	for _, test := range []struct {
		step func(*Browser)
		want string
	}{
		{func(b *Browser) { b.ClickText("Nowhere") }, `click the text "Nowhere": there is none`},
		{func(b *Browser) { b.ClickText("Twice") }, `several match: button, button`},
		{func(b *Browser) { b.ClickText("Unseen") }, `it is not visible`},
		{func(b *Browser) { b.WaitText("Nothing") }, "not within 500ms\nThe page is " + url + "/\nHome"},
		{func(b *Browser) { b.Click("#covered") }, "button#covered is covered by div#veil"},
		{func(b *Browser) { b.Click("#off") }, "button#off is disabled"},
		{func(b *Browser) { b.Click("a[") }, "not a valid selector"},
		{func(b *Browser) { b.Open(gone.URL) }, "ERR_CONNECTION_REFUSED"},
		{func(b *Browser) { b.Eval(`location.href = "` + gone.URL + `"`) }, "ERR_CONNECTION_REFUSED"},
		{func(b *Browser) { b.Back(); b.Eval(`nothing.at.all`) }, "nothing is not defined"},
	} {
		if got := failure(b, 500*time.Millisecond, test.step); !strings.Contains(got, test.want) {
			t.Errorf("the test says %q, want %q", got, test.want)
		}
	}
	short := New(t, Timeout(3*time.Second))
	short.Open(url + "/")
	if got := failure(short, time.Minute, func(b *Browser) { b.WaitText("Nothing") }); !strings.Contains(got, "limit of 3s") {
		t.Errorf("the test says %q", got)
	}
}

func TestSkipsWithoutChromium(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	skipped := ""
	t.Run("skipped", func(t *testing.T) {
		said := &recorder{TB: t}
		defer func() { skipped = said.text }()
		New(said)
	})
	if !strings.Contains(skipped, "Chromium") {
		t.Errorf("the reason is %q", skipped)
	}
}
