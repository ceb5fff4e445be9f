//go:build faults

package faults

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/private"
)

// register makes a person with an account.
func register(t *testing.T, address, email string) *person {
	t.Helper()
	p := newPerson(email)
	if status, _ := p.post(address+"/register", "email", email, "password", testkit.Password); status != http.StatusSeeOther {
		t.Fatalf("register %s: %d", email, status)
	}
	p.get(address + "/account") // with its message, which is taken
	return p
}

func TestFullDisk(t *testing.T) {
	proves(t, "on a full disk pages are read, forms are 503 and nothing acknowledged is lost; with room again all goes on, without a restart",
		"that the log, on the same disk, is not cut short")
	if os.Geteuid() != 0 {
		t.Skip("root alone can make a small disk")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=12m"); err != nil {
		t.Skip("a small disk cannot be mounted here: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	p := begin(t, dir).Serves()
	ann := register(t, p.Address, "ann@example.org")
	c := come(t, 4, at(p.Address))
	c.busy(30)
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(bytes.Repeat([]byte("x"), 4096))
	}
	f.Close()
	eventually(t, "a form that is refused", time.Minute, func() bool {
		status, _ := ann.post(p.Address+private.Path, "title", "More", "body", strings.Repeat("x", 10000))
		return status == http.StatusServiceUnavailable
	})
	for _, path := range []string{"/", private.Path, "/account", "/healthz"} {
		if status, _ := ann.get(p.Address + path); status != http.StatusOK {
			t.Errorf("%s on a full disk: %d", path, status)
		}
	}
	if says, code := run(t, dir, nil, "doctor"); code != 2 || !strings.Contains(says, "make room") {
		t.Errorf("the doctor: %d %s", code, says)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a form that is taken again", time.Minute, func() bool {
		status, _ := ann.post(p.Address+private.Path, "title", "Again")
		return status == http.StatusSeeOther
	})
	c.leave()
	c.check(p.Address)
	if says, code := run(t, dir, nil, "backup", filepath.Join(t.TempDir(), "copy.db")); code != 0 {
		t.Errorf("the file is not whole: %s", says)
	}
}

func TestFlood(t *testing.T) {
	proves(t, "a flood of log ins with wrong passwords is answered with 422, 429 or 503, while somebody who is logged in goes on reading and writing",
		"how many a second your machine stands")
	p := begin(t, "", "BCRYPT_COST=10").Serves()
	ann := register(t, p.Address, "ann@example.org")
	stop, all := make(chan struct{}), sync.WaitGroup{}
	var mu sync.Mutex
	statuses := map[int]int{}
	for i := range 100 {
		all.Go(func() {
			who := newPerson(fmt.Sprintf("robot%d@example.org", i))
			for {
				select {
				case <-stop:
					return
				default:
				}
				status, _ := who.post(p.Address+"/login", "email", who.email, "password", "a wrong pass phrase")
				mu.Lock()
				statuses[status]++
				mu.Unlock()
			}
		})
	}
	eventually(t, "a flood", time.Minute, func() bool { mu.Lock(); defer mu.Unlock(); return statuses[422]+statuses[429]+statuses[503] > 200 })
	slowest := time.Duration(0)
	for n := range 30 {
		began := time.Now()
		if status, _ := ann.get(p.Address + private.Path); status != http.StatusOK {
			t.Errorf("a page: %d", status)
		}
		if status, _ := ann.post(p.Address+private.Path, "title", fmt.Sprint("In a flood ", n)); status != http.StatusSeeOther {
			t.Errorf("a form: %d", status)
		}
		slowest = max(slowest, time.Since(began))
	}
	close(stop)
	all.Wait()
	t.Logf("page and form took at most %s; the flood got %v", slowest.Round(time.Millisecond), statuses)
	for status := range statuses {
		if status != 422 && status != 429 && status != 503 {
			t.Errorf("the flood was answered with %d", status)
		}
	}
}

func TestSlowClients(t *testing.T) {
	proves(t, "three hundred clients that send a byte a second hold nobody up, and are closed within seconds",
		"that a proxy in front does as well")
	p := begin(t, "").Serves()
	ann := register(t, p.Address, "ann@example.org")
	host := strings.TrimPrefix(p.Address, "http://")
	closed := make(chan time.Duration, 300)
	for i := range cap(closed) {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		lines := "POST /login HTTP/1.1\r\nHost: " + host + "\r\nX-Slow: "
		if i%2 == 1 { // headers at once, the body slowly
			lines = "POST /login HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
		}
		began := time.Now()
		go func() {
			io.WriteString(conn, lines)
			for {
				if _, err := io.WriteString(conn, "x"); err != nil {
					break
				}
				time.Sleep(time.Second)
			}
			closed <- time.Since(began)
		}()
	}
	for n := range 20 {
		if status, _ := ann.get(p.Address + private.Path); status != http.StatusOK {
			t.Errorf("a page: %d", status)
		}
		if status, _ := ann.post(p.Address+private.Path, "title", fmt.Sprint("Beside slow ones ", n)); status != http.StatusSeeOther {
			t.Errorf("a form: %d", status)
		}
	}
	longest := time.Duration(0)
	for range cap(closed) {
		select {
		case after := <-closed:
			longest = max(longest, after)
		case <-time.After(time.Minute):
			t.Fatal("some are never closed")
		}
	}
	t.Logf("the last was closed after %s", longest.Round(time.Second))
}

func TestVanishingClients(t *testing.T) {
	proves(t, "clients that go away in the middle of a request leave no connection, file or goroutine behind, and what they sent whole is done or not done",
		"that their browser hears of it")
	p := begin(t, "").Serves()
	ann := register(t, p.Address, "ann@example.org")
	host := strings.TrimPrefix(p.Address, "http://")
	// Connections to the database are not counted: it keeps as many as were once needed together.
	open := func() (connections, files int) {
		dir := fmt.Sprintf("/proc/%d/fd", p.Cmd.Process.Pid)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Skip(err)
		}
		for _, entry := range entries {
			switch name, _ := os.Readlink(filepath.Join(dir, entry.Name())); {
			case strings.HasPrefix(name, "socket:"):
				connections++
			case !strings.HasPrefix(name, p.Cmd.Dir):
				files++
			}
		}
		return connections, files
	}
	ann.client.CloseIdleConnections()
	connections, files := open()
	cookie := ann.cookie(p.Address)
	for i := range 500 {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		body := fmt.Sprintf("title=Vanished+%d", i)
		request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nCookie: %s=%s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
			private.Path, host, cookie.Name, cookie.Value, len(body), body)
		io.WriteString(conn, request[:len(request)*(i%5+1)/5])
		conn.Close()
	}
	if status, _ := ann.post(p.Address+private.Path, "title", "Still here"); status != http.StatusSeeOther {
		t.Errorf("a form: %d", status)
	}
	if status, body := ann.get(p.Address + private.Path); status != http.StatusOK || !strings.Contains(body, "Still here") {
		t.Errorf("a page: %d", status)
	}
	eventually(t, "all but her connection are forgotten", 30*time.Second, func() bool {
		c, f := open()
		return c <= connections+1 && f <= files
	})
	p.Signal(syscall.SIGQUIT) // Go prints each goroutine and ends
	p.Wait()
	if n := strings.Count(p.Log.String(), "net/http.(*conn).serve("); n != 1 {
		t.Errorf("%d goroutines serve the one connection that is left: %s", n, p.Log)
	}
}

// A postOffice is an SMTP server that keeps to whom mails went.
type postOffice struct {
	mu sync.Mutex
	to map[string]int
}

func (o *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return o, nil }
func (o *postOffice) Reset()                                      {}
func (o *postOffice) Logout() error                               { return nil }
func (o *postOffice) Mail(string, *smtp.MailOptions) error        { return nil }
func (o *postOffice) Data(r io.Reader) error                      { _, err := io.Copy(io.Discard, r); return err }

func (o *postOffice) Rcpt(to string, _ *smtp.RcptOptions) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to[to]++
	return nil
}

func (o *postOffice) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.to)
}

func TestSMTPDownAndHung(t *testing.T) {
	proves(t, "a mail server that is down, or accepts and says nothing, holds no page up; when it is well again every mail arrives, also those of before a kill -9",
		"that a mail arrives only once: what was taken and not confirmed is sent again")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close() // down
	dir := t.TempDir()
	p := begin(t, dir, "SMTP_URL=smtp://"+address).Serves()
	slowest := time.Duration(0)
	ask := func(from, to int) {
		for i := from; i < to; i++ {
			began := time.Now()
			register(t, p.Address, fmt.Sprintf("person%d@example.org", i))
			slowest = max(slowest, time.Since(began))
		}
	}
	ask(0, 10)
	if l, err = net.Listen("tcp", address); err != nil { // hung: accepts, and says nothing
		t.Fatal(err)
	}
	ask(10, 20)
	p.Signal(syscall.SIGKILL)
	p.Wait()
	l.Close()
	t.Logf("registering took at most %s", slowest.Round(time.Millisecond))
	if slowest > 5*time.Second {
		t.Errorf("a page waits for the mail server")
	}
	if l, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	office := &postOffice{to: map[string]int{}}
	server := smtp.NewServer(office)
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	p = begin(t, dir, "SMTP_URL=smtp://"+address).Serves()
	// Mails that were under way when the program was killed are taken up when their lease is over.
	eventually(t, "20 mails", 4*time.Minute, func() bool { return office.count() == 20 })
	t.Logf("mails by recipient: %v", office.to)
}
