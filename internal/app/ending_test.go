package app_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// slowForm begins to send a form and returns the connection: a request in flight until somebody ends it.
func slowForm(t *testing.T, address string) net.Conn {
	t.Helper()
	host := strings.TrimPrefix(address, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST /theme HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n", host)
	// The server says 100 when the handler reads: now it is in flight.
	if _, err := io.ReadFull(conn, make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Each of the signals lets what is in flight finish, after /readyz has said for as long as DRAIN that nobody more should
// come, and whoever comes all the same is still served.
func TestSignalsDrain(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			p := begin(t, "", "DRAIN=1s", "LOG_LEVEL=info").Serves()
			if got := p.Status("/readyz"); got != 200 {
				t.Fatalf("/readyz: %d", got)
			}
			form := slowForm(t, p.Address)
			p.Signal(sig)
			p.Says("server.ending")
			for path, want := range map[string]int{"/readyz": 503, "/": 200, "/healthz": 200} {
				if got := p.Status(path); got != want {
					t.Errorf("while it drains, %s: %d, want %d", path, got, want)
				}
			}
			if resp, err := http.Get(p.Address + "/"); err != nil || !resp.Close {
				t.Errorf("a connection is kept that is about to be closed: %v", err)
			} else {
				resp.Body.Close()
			}
			for start := time.Now(); p.Status("/healthz") != 0; time.Sleep(10 * time.Millisecond) {
				if time.Since(start) > 30*time.Second {
					t.Fatal("it goes on serving")
				}
			}
			fmt.Fprint(form, "theme=dark")
			answer, err := io.ReadAll(form)
			if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 303") {
				t.Errorf("what was in flight gets %q, %v", answer, err)
			}
			if code := p.Wait(); code != 0 {
				t.Errorf("it ends with %d and says %s", code, p.Log)
			}
		})
	}
}

// Whoever is in a hurry sends the signal twice: nothing in flight is waited for.
func TestTheSecondSignalEndsAtOnce(t *testing.T) {
	for _, drain := range []string{"0s", "5m"} {
		p := begin(t, "", "DRAIN="+drain, "LOG_LEVEL=info").Serves()
		slowForm(t, p.Address)
		p.Signal(syscall.SIGTERM)
		p.Says("server.ending")
		began := time.Now()
		p.Signal(syscall.SIGTERM)
		if code := p.Wait(); code != -1 || time.Since(began) > 5*time.Second { // the form has 9 s
			t.Errorf("DRAIN=%s: it ends with %d after %s", drain, code, time.Since(began))
		}
	}
}

// nohup makes a program live on when its terminal goes.
func TestNohup(t *testing.T) {
	if _, err := exec.LookPath("nohup"); err != nil {
		t.Skip(err)
	}
	p := testkit.Begin(t, exec.Command("nohup", build(t)), "", "LOG_LEVEL=info", "PATH="+os.Getenv("PATH")).Serves()
	p.Signal(syscall.SIGHUP)
	p.Signal(syscall.SIGCONT) // by now the other has arrived
	if got := p.Status("/healthz"); got != http.StatusOK || strings.Contains(p.Log.String(), "server.ending") {
		t.Errorf("%d, it says %s", got, p.Log)
	}
}

// In production a proxy is given 3 s to see that nobody more should come.
func TestDrainByDefault(t *testing.T) {
	p := begin(t, "", "LOG_LEVEL=info", "APP_ENV=production", "BASE_URL=http://app.example.org", "BCRYPT_COST=10").Serves()
	p.Signal(syscall.SIGTERM)
	p.Says(`"drain":"3s"`)
	p = begin(t, "", "LOG_LEVEL=info").Serves()
	p.Signal(syscall.SIGTERM)
	p.Says("drain=0s")
}

// When no more connections can be accepted, somebody must hear of it: net/http itself only tries again.
func TestTooManyOpenFilesAreLogged(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	p := testkit.Begin(t, exec.Command(sh, "-c", `ulimit -n 48; exec "$0"`, build(t)), "").Serves()
	for range 60 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.Address, "http://"))
		if err != nil {
			break
		}
		defer conn.Close()
	}
	p.Says("connections cannot be accepted")
	p.Says("too many open files")
	p.Says("level=ERROR")
	if n := strings.Count(p.Log.String(), "connections cannot be accepted"); n != 1 {
		t.Errorf("said %d times", n)
	}
}
