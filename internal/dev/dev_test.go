package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit/clone"
)

func TestWhatAChangeNeeds(t *testing.T) {
	a, b := state{time.Unix(1, 0), 1}, state{time.Unix(2, 0), 1}
	for _, c := range []struct {
		before, now files
		want        change
	}{
		{files{"x.go": a}, files{"x.go": a}, none},
		{files{"static/app.css": a}, files{"static/app.css": b}, styles},
		{files{"static/app.js": a}, files{"static/app.js": b}, assets},
		{files{"static/app.css": a, "static/app.js": a}, files{"static/app.css": b, "static/app.js": b}, assets},
		{files{"static/app.css": a, "x.go": a}, files{"static/app.css": b, "x.go": b}, source},
		{files{"static/static.go": a}, files{"static/static.go": b}, source},
		{files{"static/app.css": a}, files{}, source}, // the program has a list of them
		{files{}, files{"static/new.css": a}, source},
		{files{"x.go": a}, files{}, source},
		{files{".env": a}, files{".env": b}, source},
	} {
		if got := difference(c.before, c.now); got != c.want {
			t.Errorf("%v to %v: %q, want %q", c.before, c.now, got, c.want)
		}
	}
	for name, want := range map[string]bool{
		"a/b.go": true, "a/b.templ": true, "migrations/1.sql": true, "static/logo.png": true, "go.mod": true, ".env": true,
		"a/b_test.go": false, "a/b_templ.go": false, "README.md": false,
	} {
		if watched(name) != want {
			t.Errorf("%s is watched: %v", name, !want)
		}
	}
}

// TestThePortIsTaken holds that whoever sits on the program's port is not taken for it.
func TestThePortIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's listener
	t.Chdir(t.TempDir())
	t.Setenv("ADDR", l.Addr().String())
	if _, _, err := address(); err == nil || !strings.Contains(err.Error(), "PORT=8081 make dev") {
		t.Errorf("it says %v", err)
	}
	t.Setenv("ADDR", "127.0.0.1:0")
	if listen, reach, err := address(); err != nil || listen != reach || strings.HasSuffix(listen, ":0") {
		t.Errorf("%s %s %v", listen, reach, err)
	}
	t.Setenv("ADDR", "0.0.0.0:0")
	if listen, reach, err := address(); err != nil || !strings.HasPrefix(listen, "0.0.0.0:") || !strings.HasPrefix(reach, "127.0.0.1:") {
		t.Errorf("%s %s %v", listen, reach, err)
	}
}

// TestThePageIsPassedOn holds what the program sees of a request, and the browser of a page.
func TestThePageIsPassedOn(t *testing.T) {
	t.Chdir(t.TempDir())
	var got *http.Request
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.Header().Set("Content-Type", r.URL.Query().Get("kind"))
		io.WriteString(w, "<body>x</body>") //nolint:errcheck // a test's answer
	}))
	defer app.Close()
	s := newSite()
	s.show(strings.TrimPrefix(app.URL, "http://"), nil)
	front := httptest.NewServer(s)
	defer front.Close()
	for kind, want := range map[string]string{
		"text/html; charset=utf-8": `<body>x<script src="/_dev/reload.js"></script></body>`, "text/plain": "<body>x</body>",
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", front.URL+"/a?kind="+url.QueryEscape(kind), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Via", "1.1 tunnel")
		if body := do(t, r); body != want {
			t.Errorf("%s: %q", kind, body)
		}
		// The development pages open to nobody who comes through a proxy: one before us stays visible, and we are none.
		if got.Host != strings.TrimPrefix(front.URL, "http://") || got.Header.Get("X-Forwarded-For") != "" || got.Header.Get("Via") == "" {
			t.Errorf("the program sees %s %v", got.Host, got.Header)
		}
		r.Header.Set("X-Forwarded-For", "203.0.113.7")
		if do(t, r); got.Header.Get("X-Forwarded-For") != "203.0.113.7" {
			t.Errorf("the program sees %v", got.Header)
		}
	}
	s.show("", &failure{"It does not compile", "a.go:1: <oops>"})
	r, err := http.NewRequestWithContext(t.Context(), "GET", front.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if body := do(t, r); !strings.Contains(body, "a.go:1: &lt;oops&gt;") || !strings.Contains(body, scriptPath) {
		t.Errorf("it shows %s", body)
	}
}

func do(t *testing.T, r *http.Request) string {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestMakeDev runs `make dev` on a copy, with a port of its own, and changes what a person would.
func TestMakeDev(t *testing.T) {
	c := clone.New(t)
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	cmd := exec.CommandContext(ctx, "make", "dev")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Dir, cmd.Env = c.Dir, append(os.Environ(), "PORT="+freePort(t), "BASE_URL=http://localhost:1", "MAKELEVEL=", "MAKEFLAGS=")
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close() //nolint:errcheck // the command has it
	lines := readLines(out)
	t.Cleanup(func() {
		cancel()
		for line := range lines { // ends with the last process that writes there
			t.Log(line)
		}
		cmd.Wait() //nolint:errcheck // it was told to
	})
	var front string
	for line := range lines {
		if t.Log(line); strings.HasPrefix(line, "Open http") {
			front = regexp.MustCompile(`http://[\d.:]+`).FindString(line)
			break
		}
	}
	get := func(path string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, "GET", front+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/html")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close() //nolint:errcheck // it was read
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	if status, body := get("/"); status != http.StatusOK || !strings.Contains(body, scriptPath) {
		t.Fatalf("the first page: %d %s", status, body)
	}
	if _, err := os.Stat("../features/dev"); err == nil {
		if status, body := get("/dev/routes"); status != http.StatusOK {
			t.Errorf("the map: %d %s", status, body)
		}
	}
	r, err := http.NewRequestWithContext(ctx, "POST", front+"/theme", strings.NewReader("theme=dark&next=/"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", front)
	if resp, err := http.DefaultTransport.RoundTrip(r); err != nil || resp.StatusCode != http.StatusSeeOther {
		t.Errorf("a form: %v %v", resp, err)
	}

	page := listenForChanges(ctx, t, front)
	c.Write("static/app.css", c.Read("static/app.css")+"\n.fresh { color: red }\n")
	if what := page(); what != "styles" {
		t.Errorf("the style sheet changed, and the page is told %q", what)
	}
	if _, css := get("/static/app.0123456789ab.css"); !strings.HasSuffix(css, ".fresh { color: red }\n") {
		t.Error("the style sheet is the old one")
	}
	home := c.Read("internal/pages/home/home.go")
	c.Write("internal/pages/home/home.go", home+"\nvar _ int = \"no number\"\n")
	page()
	if status, body := get("/"); status != http.StatusInternalServerError || !strings.Contains(body, "cannot use") || !strings.Contains(body, "home.go:") {
		t.Errorf("a mistake: %d %s", status, body)
	}
	c.Write("internal/pages/home/home.go", home)
	page()
	if status, _ := get("/"); status != http.StatusOK {
		t.Errorf("mended: %d", status)
	}
	layout := c.Read("views/layout.templ")
	c.Write("views/layout.templ", strings.Replace(layout, "Skip to the content", "Skip all this", 1))
	page()
	if _, body := get("/"); !strings.Contains(body, "Skip all this") {
		t.Error("a changed page is not generated")
	}
	c.Write(".env", "BACKUP_KEEP=0\n")
	page()
	if status, body := get("/"); status != http.StatusInternalServerError || !strings.Contains(body, "BACKUP_KEEP") {
		t.Errorf("a wrong setting: %d %s", status, body)
	}
	cancel()
	for line := range lines {
		if t.Log(line); strings.Contains(strings.ToLower(line), "forward") {
			t.Errorf("it warns of our own proxy: %s", line)
		}
	}
}

// readLines reads lines until nobody writes any more.
func readLines(out io.ReadCloser) <-chan string {
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		defer out.Close() //nolint:errcheck // it was read
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return lines
}

// listenForChanges opens the events as a page does, and returns what waits for the next.
func listenForChanges(ctx context.Context, t *testing.T, front string) func() string {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", front+eventsPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() }) //nolint:errcheck // a test's connection
	events := bufio.NewScanner(resp.Body)
	next := func() string {
		t.Helper()
		for events.Scan() {
			if what, ok := strings.CutPrefix(events.Text(), "data: "); ok {
				return what
			}
		}
		t.Fatal("no more events", errors.Join(events.Err(), ctx.Err()))
		return ""
	}
	if what := next(); what != "hello" {
		t.Errorf("the first event is %q", what)
	}
	return next
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's listener
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// TestNotInTheProgram holds that nothing of this is built into the program.
func TestNotInTheProgram(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/...")
	list.Dir = filepath.Join("..", "..")
	out, err := list.CombinedOutput()
	if err != nil || strings.Contains(string(out), "internal/dev\n") {
		t.Errorf("%v\n%s", err, out)
	}
}
