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
	show("GET /{$}", `<h1>Home</h1><a href="/form">To the form</a> <a href="/none">No content</a> <a href="#here">Here</a>
		<button hidden>Save</button> <button aria-label="Save" onclick="document.title = 'Saved'">×</button>
		<p style="height:3000px">Tall</p><a id="deep" href="/form">Deep</a>
		<script>addEventListener("pageshow", (e) => document.body.dataset.kept = e.persisted)</script>`)
	show("GET /form", `<form method="post" action="/form"><input type="hidden" name="email" value="hidden">
		<input name="email" id="email" value="old"><textarea name="body"></textarea>
		<label><input type="checkbox" name="keep"> Keep me</label><button>Send</button></form>`)
	mux.HandleFunc("POST /form", func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("body") == "" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, "Body is missing")
			return
		}
		time.Sleep(150 * time.Millisecond) // so that a step that does not wait for the page shows
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes", Path: "/"})
		http.Redirect(w, r, "/done?"+r.PostForm.Encode(), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /done", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<!doctype html><title>Done</title>%q %s", r.URL.Query(), r.Header.Get("Cookie"))
	})
	for _, path := range []string{"/none", "/favicon.ico"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	}
	show("GET /loose", `<style>.box { display: inline-block; border: 1px solid } .block { display: block }</style><main>
		<p>Saved today , at nine, and no more.</p><p><b>Ada Lovelace</b><span>ada@example.org</span></p><p>Opened<span class="box">badge</span></p>
		<p>Well <b>said</b>, and <b>done</b> <i>it</i> is: <b class="block">A block</b><span class="block">and another</span></p></main>`)
	show("GET /look", `<style>body::after{content:"light"} @media (prefers-color-scheme:dark){body::after{content:"dark"}}</style>`)
	show("GET /script", `<noscript>no script</noscript><script>document.write("with script")</script> <a href="/form">To the form</a>`)
	show("GET /later", `<p id="p">wait</p><button id="slow" disabled onclick="location.href='/done?by=script'">Go</button>
		<script>setTimeout(() => { p.textContent = "it came"; slow.disabled = false }, 200)</script>`)
	mux.HandleFunc("GET /errors", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "style-src 'self'; script-src 'self' 'nonce-n'")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `<!doctype html><p style="color:red">x</p><script>alert("blocked")</script><img src="/missing.png">
			<script nonce="n">console.log("fine"); console.error("logged"); setTimeout(() => { throw new Error("thrown") })</script>`)
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
	for name, options := range map[string][]Option{"script": nil, "no script": {NoScript()}} {
		t.Run(name, func(t *testing.T) {
			b, url := New(t, options...), site(t)
			b.Open(url + "/")
			b.ClickText("To the form")
			expect(t, "location", b.Location(), url+"/form")
			b.Fill("email", "pässword ✓")
			b.Fill("body", "one\ntwo")
			b.ClickText("Keep me")
			b.ClickText("Send")
			expect(t, "title", b.Title(), "Done")
			expect(t, "text", b.Text(), `map["body":["one\r\ntwo"] "email":["hidden" "pässword ✓"] "keep":["on"]] seen=yes`)

			tab := b.NewTab()
			tab.Open(url + "/done")
			expect(t, "the other tab", tab.Text(), "map[] seen=yes")

			b.Back()
			expect(t, "location after back", b.Location(), url+"/form")
			b.Fill("body", "")
			b.Click("form button")
			expect(t, "text after a form without body", b.Text(), "Body is missing")
			b.Reload()
			expect(t, "text after a reload", b.Text(), "Body is missing")
			if errors := b.ConsoleErrors(); len(errors) > 0 {
				t.Errorf("errors: %q", errors)
			}
		})
	}
}

// TestStepsEnd takes the steps that lead to no other page, or to one in an unusual way.
func TestStepsEnd(t *testing.T) {
	b, url := New(t), site(t)
	b.Open(url + "/")
	b.ClickText("Here")
	expect(t, "location", b.Location(), url+"/#here")
	b.Back()
	expect(t, "location after back", b.Location(), url+"/")
	b.ClickText("No content")
	expect(t, "location after 204", b.Location(), url+"/")
	b.ClickText("Save")
	expect(t, "title", b.Title(), "Saved")
	b.Click("#deep")
	expect(t, "location after the link far below", b.Location(), url+"/form")
	b.Back()
	expect(t, "kept by the back/forward cache", fmt.Sprint(b.Eval(`document.body.dataset.kept`)), "true")

	b.Open(url + "/later")
	b.WaitText("it came")
	b.Open(url + "/later")
	b.ClickText("Go") // enabled after a while
	b.WaitPath("/done")
	expect(t, "title", b.Title(), "Done")
	b.Eval(`location.href = "/form"`)
	expect(t, "title after the script moved", b.Title(), "/form")
	expect(t, "a promise", fmt.Sprint(b.Eval(`new Promise((done) => setTimeout(done, 10, [1, "two"]))`)), "[1 two]")
	expect(t, "undefined", fmt.Sprint(b.Eval(`undefined`)), "<nil>")
}

func TestKeyboard(t *testing.T) {
	b, url := New(t), site(t)
	b.Open(url + "/form")
	walk := []string{b.Focused()}
	for range 4 {
		b.Press("Tab")
		walk = append(walk, b.Focused())
	}
	if want := []string{"body", "input#email", "textarea", "input", `button "Send"`}; !slices.Equal(walk, want) {
		t.Errorf("the focus walks %q, want %q", walk, want)
	}
	b.Press("Enter")
	expect(t, "text after Enter on a button", b.Text(), "Body is missing")
}

func TestLook(t *testing.T) {
	url := site(t)
	look := func(b *Browser) string {
		b.Open(url + "/look")
		return fmt.Sprint(b.Eval(`getComputedStyle(document.body, "::after").content + innerWidth + "x" + innerHeight`))
	}
	expect(t, "default look", look(New(t)), `"light"1280x800`)
	b := New(t, Dark(), Size(360, 640))
	expect(t, "look", look(b), `"dark"360x640`)
	expect(t, "look of another tab", look(b.NewTab()), `"dark"360x640`)

	file := filepath.Join(t.TempDir(), "look.png")
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
	for want, options := range map[string][]Option{"with script To the form": nil, "no script To the form": {NoScript()}} {
		b := New(t, options...)
		for _, tab := range []*Browser{b, b.NewTab()} {
			tab.Open(url + "/script")
			expect(t, "text", tab.Text(), want)
		}
	}
}

func TestConsoleErrors(t *testing.T) {
	b, url := New(t), site(t)
	b.Open(url + "/errors")
	b.Eval(`new Promise((done) => setTimeout(done))`) // the script throws in a task of its own
	all := b.ConsoleErrors()
	for _, want := range []string{"inline style", "inline script", `console.error: "logged"`, "Error: thrown", "404 (Not Found)"} {
		if !slices.ContainsFunc(all, func(e string) bool { return strings.Contains(e, want) }) {
			t.Errorf("no error has %q", want)
		}
	}
	if len(all) != 5 {
		t.Errorf("%d errors, want 5", len(all))
	}
	t.Log(strings.Join(all, "\n"))
}

// A recorder keeps what ends a test.
type recorder struct {
	testing.TB
	text string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Skip(args ...any) { r.Fatalf("%s", fmt.Sprint(args...)) }

// says returns what ends the test of a step that has no time.
func says(t *testing.T, step func(testing.TB)) string {
	said, done := &recorder{TB: t}, make(chan struct{})
	go func() { // Fatalf ends its goroutine
		defer close(done)
		step(said)
	}()
	<-done
	return said.text
}

func TestFailuresAreReadable(t *testing.T) {
	b, url := New(t), site(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	b.Open(url + "/")
	for _, c := range []struct {
		limit time.Duration // short where the step fails by it, for then it does not matter how far it came
		step  func()
		wants []string
	}{
		{time.Millisecond, func() { b.ClickText("Nowhere") }, []string{"click Nowhere: not within 1ms", url + "/\nHome"}},
		{time.Millisecond, func() { b.WaitText("Nothing") }, []string{"wait for the text Nothing: not within 1ms", "\nHome"}},
		{stepLimit, func() { b.Eval(`nothing.at.all`) }, []string{"evaluate nothing.at.all", "nothing is not defined"}},
		{stepLimit, func() { b.Open(gone.URL) }, []string{"open " + gone.URL, "ERR_CONNECTION_REFUSED"}},
	} {
		got := says(t, func(said testing.TB) {
			b.t, b.limit = said, c.limit
			c.step()
		})
		for _, want := range c.wants {
			if !strings.Contains(got, want) {
				t.Errorf("the test says %q, want %q", got, want)
			}
		}
	}
}

func TestSkipsWithoutChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("Chromium: not with -short")
	}
	t.Setenv("PATH", t.TempDir())
	if got := says(t, func(said testing.TB) { New(said) }); !strings.Contains(got, "no Chromium here") {
		t.Errorf("the reason is %q", got)
	}
}

func TestLoose(t *testing.T) {
	b, url := New(t), site(t)
	b.Open(url + "/loose")
	if got, want := b.Loose(), []string{"Saved today ,", "Ada Lovelace|ada@example.org", "Opened|badge"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
