//go:build slow

package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/clone"
)

// TestTheBareStarter takes log in out of a copy: what is left is linted and passes every test of its own, and the program that
// is built of it knows its visitors again, across a restart too; and more can be taken out of it.
func TestTheBareStarter(t *testing.T) {
	c := clone.New(t)
	c.Init()
	if c.Read(origin.File) != "" {
		t.Skip("about the starter; this is a project that was made from it")
	}
	c.Run("make", "prune", "WITHOUT=login")
	noDeadNames(t, c)
	help := c.Run("make", "-s", "help")
	for target := range strings.Lines(help) {
		if name := strings.Fields(target)[0]; !regexp.MustCompile(`(?m)^` + name + `:`).MatchString(c.Read("Makefile")) {
			t.Errorf("make help names %s, which is no target", name)
		}
	}
	for _, gone := range []string{"seed", "section", "field", "page", "bench", "faults"} {
		if out, err := c.Try("make", "-n", gone); err == nil {
			t.Errorf("make %s is still there: %s", gone, out)
		}
	}
	c.Run("go", "build", "-o", "bin/bare", "./cmd/latchkey")
	ask(t, filepath.Join(c.Dir, "bin", "bare"))
	c.Run("make", "lint")
	goTest(t, c, "./...")
	c.Commit("Bare")
	left := strings.Fields(c.Run("go", "run", "./internal/prune", "-names"))
	c.Run("make", "prune", "WITHOUT="+left[len(left)-1]) // compares with the starter without log in
}

// ask visits the program as two browsers do, and again after a restart.
func ask(t *testing.T, program string) {
	t.Helper()
	dir := t.TempDir()
	begin := func() *testkit.Process { return testkit.Begin(t, exec.Command(program), dir).Serves() }
	p := begin()
	get := func(client *http.Client, path string) (int, string) {
		t.Helper()
		resp, err := client.Get(p.Address + path)
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
	browser := func() *http.Client {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Client{Jar: jar}
	}
	says := func(client *http.Client, wants ...string) {
		t.Helper()
		status, body := get(client, "/")
		for _, want := range wants {
			if status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%d, it does not say %s: %s", status, want, body)
			}
		}
	}
	ann, ben := browser(), browser()
	says(ann, "<b>once</b>")
	resp, err := ann.PostForm(p.Address+"/theme", url.Values{"theme": {"dark"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()                          //nolint:errcheck // not read
	says(ann, "<b>3</b>", `data-theme="dark"`) // the form led back to the page
	says(ben, "<b>once</b>")
	stop(t, p)
	p = begin()
	says(ann, "<b>4</b>", `data-theme="dark"`)
	_, body := get(ann, "/privacy")
	for _, link := range regexp.MustCompile(`(?:href|src)="(/[^"#]*)"`).FindAllStringSubmatch(body, -1) {
		if status, _ := get(ann, link[1]); status != http.StatusOK {
			t.Errorf("/privacy leads to %s: %d", link[1], status)
		}
	}
	for _, path := range []string{"/login", "/register", "/account", "/nowhere"} {
		if status, _ := get(ben, path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	stop(t, p)
}

// stop ends the program as a signal does.
func stop(t *testing.T, p *testkit.Process) {
	t.Helper()
	p.Signal(os.Interrupt)
	if code := p.Wait(); code != 0 {
		t.Errorf("it ends with %d: %s", code, p.Log)
	}
}
