//go:build faults

package faults

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/private"
)

// program is the file of the program, with a private page of the testkit's.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "faults-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	program = filepath.Join(dir, "program")
	if err == nil {
		err = build(dir)
	}
	code := 1
	if err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// build builds the program as it is but for one page, which is added as a section is: by a line in features.go and a
// migration. The compiler gets them from the folder, and nothing of the project changes.
func build(dir string) error {
	const list, first = "internal/app/features.go", "list := []feature.Feature{"
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	features, err := os.ReadFile(filepath.Join(root, list))
	if err != nil {
		return err
	}
	text := string(features)
	if strings.Count(text, first) != 1 {
		return fmt.Errorf("%s has no line %q", list, first)
	}
	text = strings.Replace(text, first, first+"\nprivate.New(core),", 1)
	text = strings.Replace(text, "import (", "import (\n"+`"example.com/latchkey/internal/testkit/private"`, 1)
	replace := map[string]string{}
	for name, content := range map[string]string{list: text, "migrations/19999_private.sql": "-- +goose Up\n" + private.Table + ";\n"} {
		file := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			return err
		}
		replace[filepath.Join(root, filepath.FromSlash(name))] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600)
	}
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, "./cmd/latchkey")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// settings are for many people at one address, who go from one instance to another.
var settings = []string{
	"COOKIE_NAME=site", // the same at each port
	"LIMIT_REGISTER_ADDRESS=1000000", "LIMIT_VISITOR_ADDRESS=1000000", "LIMIT_LOGIN_ADDRESS=1000000", "LIMIT_LOGIN_ACCOUNT=1000000",
	"LIMIT_LOGIN_ACCOUNT_ADDRESS=1000000", "LIMIT_LOGIN_KNOWN_BROWSER=1000000", "LIMIT_MAIL_ADDRESS=1000000",
}

// begin starts the program in the folder, "" for an empty one.
func begin(t *testing.T, dir string, env ...string) *testkit.Process {
	t.Helper()
	return testkit.Begin(t, exec.Command(program), dir, append(settings[:len(settings):len(settings)], env...)...)
}

// run runs a command of the program, and returns what it says and its exit code.
func run(t *testing.T, dir string, env []string, args ...string) (says string, code int) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = dir, append([]string{"BCRYPT_COST=4"}, env...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// proves prints what a test is about.
func proves(t *testing.T, what, not string) {
	t.Helper()
	t.Logf("proves: %s", what)
	t.Logf("proves not: %s", not)
}

// eventually waits for something that takes a while.
func eventually(t *testing.T, what string, within time.Duration, done func() bool) {
	t.Helper()
	for start := time.Now(); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > within {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// A person uses the site with one browser.
type person struct {
	email  string
	client *http.Client
	jar    *cookiejar.Jar
}

// A note is one that the site has said it has saved.
type note struct {
	owner *person
	path  string
	title string
}

// A crowd is people who use the site all the time, and what they were told.
type crowd struct {
	t    *testing.T
	base func(i int) string // where person i goes, asked before each request
	stop chan struct{}
	all  sync.WaitGroup

	mu       sync.Mutex
	people   []*person
	notes    []note
	ended    []*http.Cookie // of logins that were logged out of
	statuses map[int]int    // 0: no answer
	wrong    []string       // what no fault excuses
}

// come lets n people come to the site. Each registers, writes notes, reads them, and logs out and in.
func come(t *testing.T, n int, base func(i int) string) *crowd {
	c := &crowd{t: t, base: base, stop: make(chan struct{}), statuses: map[int]int{}}
	for i := range n {
		p := newPerson(fmt.Sprintf("person%d.%d@example.org", i, time.Now().UnixNano()))
		p.from(i)
		c.people = append(c.people, p)
		c.all.Go(func() { c.live(i, p) })
	}
	return c
}

func newPerson(email string) *person {
	jar, _ := cookiejar.New(nil) // never fails
	return &person{email: email, jar: jar, client: &http.Client{
		Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// from gives a person an address of their own, where the loopback network has more than one: one address gets two places in
// the queue of passwords, and three people of a crowd could be refused for nothing that a test is about.
func (p *person) from(i int) {
	if runtime.GOOS != "linux" {
		return
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i))}}
	p.client.Transport = &http.Transport{DialContext: dialer.DialContext}
}

// at returns somebody who always goes to one address.
func at(address string) func(int) string { return func(int) string { return address } }

// post sends a form; get asks for a page. Both return 0 if nobody answers.
func (p *person) post(address string, fields ...string) (status int, to string) {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	resp, err := p.client.PostForm(address, form)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("Location")
}

func (p *person) get(address string) (status int, body string) {
	resp, err := p.client.Get(address)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(text)
}

// cookie is the session's.
func (p *person) cookie(base string) *http.Cookie {
	u, err := url.Parse(base)
	if err != nil {
		return nil
	}
	for _, c := range p.jar.Cookies(u) {
		if c.Name == "site" {
			return c
		}
	}
	return nil
}

func (c *crowd) count(status int, what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statuses[status]++
	if status >= 500 && status != http.StatusServiceUnavailable {
		c.wrong = append(c.wrong, fmt.Sprintf("%s: %d", what, status))
	}
	return status
}

func (c *crowd) over() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

// live is what a person does until the crowd goes.
func (c *crowd) live(i int, p *person) {
	registered := false
	for n := 0; !c.over(); n++ {
		base := c.base(i)
		if !registered {
			status, _ := p.post(base+"/register", "email", p.email, "password", testkit.Password)
			registered = c.count(status, "register") == http.StatusSeeOther
			if !registered { // it may have been done all the same: then the address is ours
				status, _ = p.post(base+"/login", "email", p.email, "password", testkit.Password)
				registered = c.count(status, "log in") == http.StatusSeeOther
			}
			continue
		}
		title := fmt.Sprintf("Note %d of %s", n, p.email)
		status, to := p.post(base+private.Path, "title", title)
		if c.count(status, "note") == http.StatusSeeOther && strings.HasPrefix(to, private.Path+"/") {
			c.mu.Lock()
			c.notes = append(c.notes, note{p, to, title})
			c.mu.Unlock()
		}
		status, _ = p.get(base + private.Path)
		c.count(status, "read")
		if n%8 == 7 {
			token := p.cookie(base)
			status, _ = p.post(base + "/logout")
			if c.count(status, "log out") == http.StatusSeeOther && token != nil {
				c.mu.Lock()
				c.ended = append(c.ended, token)
				c.mu.Unlock()
			}
			for !c.over() {
				status, _ = p.post(base+"/login", "email", p.email, "password", testkit.Password)
				if c.count(status, "log in") == http.StatusSeeOther {
					break
				}
				base = c.base(i)
			}
		}
	}
}

// saved returns how many notes the site has said it has saved.
func (c *crowd) saved() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.notes)
}

// busy waits until this many more notes were saved.
func (c *crowd) busy(more int) {
	c.t.Helper()
	want := c.saved() + more
	eventually(c.t, fmt.Sprintf("%d notes", want), time.Minute, func() bool { return c.saved() >= want })
}

// leave lets the people finish what they are about, and go.
func (c *crowd) leave() {
	close(c.stop)
	c.all.Wait()
}

// check holds the site to what it has said.
func (c *crowd) check(base string) {
	c.t.Helper()
	in := map[*person]bool{}
	for _, n := range c.notes {
		if !in[n.owner] {
			status, _ := n.owner.post(base+"/login", "email", n.owner.email, "password", testkit.Password)
			if status != http.StatusSeeOther {
				c.t.Fatalf("%s cannot log in: %d", n.owner.email, status)
			}
			in[n.owner] = true
		}
		if status, body := n.owner.get(base + n.path); status != http.StatusOK || !strings.Contains(body, n.title) {
			c.t.Errorf("%s was saved and is lost: %d", n.title, status)
		}
	}
	thief := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, token := range c.ended {
		r, err := http.NewRequest(http.MethodGet, base+private.Path, nil)
		if err != nil {
			c.t.Fatal(err)
		}
		r.AddCookie(token)
		resp, err := thief.Do(r)
		if err != nil {
			c.t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			c.t.Errorf("a login that was logged out of is alive again")
		}
	}
	for _, w := range c.wrong {
		c.t.Errorf("answered with %s", w)
	}
	c.t.Logf("%d people, %d notes saved, %d logins ended; answers by status: %v", len(c.people), len(c.notes), len(c.ended), c.statuses)
}
