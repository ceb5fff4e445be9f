//go:build faults

package faults

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

func TestFourInstancesOneKilled(t *testing.T) {
	proves(t, "of four instances on one PostgreSQL, one that is killed takes nothing with it, and a log out at one is a log out at all",
		"that nobody notices: who was in the middle of a request at the killed one gets no answer")
	dsn := pgtest.URL(t)
	var addresses [4]atomic.Value
	var processes [4]*testkit.Process
	for i := range processes {
		processes[i] = begin(t, "", "DATABASE_URL="+dsn).Serves()
		addresses[i].Store(processes[i].Address)
	}
	var turn atomic.Int64
	c := come(t, 8, func(int) string { return addresses[turn.Add(1)%4].Load().(string) })
	for i := range 3 {
		c.busy(40)
		processes[i].Signal(syscall.SIGKILL)
		processes[i].Wait()
		c.busy(40) // the others go on
		processes[i] = begin(t, "", "DATABASE_URL="+dsn).Serves()
		addresses[i].Store(processes[i].Address)
	}
	c.busy(40)
	c.leave()
	for i := range addresses {
		c.check(addresses[i].Load().(string))
	}
}

// freePort returns a port that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// caddy starts Caddy in front of the addresses, as docs/deploy/Caddyfile has it but for the site's name, and returns its
// address.
func caddy(t *testing.T, addresses ...string) string {
	t.Helper()
	if _, err := exec.LookPath("caddy"); err != nil {
		t.Skip("Caddy is not installed")
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "deploy", "Caddyfile"))
	if err != nil {
		t.Fatal(err)
	}
	dir, front := t.TempDir(), freePort(t)
	config := "{\n\tadmin off\n\tauto_https off\n}\n" +
		strings.NewReplacer("app.example.org {", "http://"+front+" {", "127.0.0.1:8080 {", strings.Join(addresses, " ")+" {").Replace(string(text))
	if err := os.WriteFile(filepath.Join(dir, "Caddyfile"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("caddy", "run", "--adapter", "caddyfile", "--config", filepath.Join(dir, "Caddyfile"))
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return "http://" + front
}

func TestRollingRestart(t *testing.T) {
	proves(t, "three instances behind Caddy, restarted one after the other, fail no request",
		"the same of a proxy that does not ask /readyz more often than DRAIN is long")
	dsn := pgtest.URL(t)
	var processes [3]*testkit.Process
	var addresses []string
	start := func(i int) {
		processes[i] = begin(t, "", "DATABASE_URL="+dsn, "ADDR="+addresses[i], "DRAIN=3s", "TRUSTED_PROXIES=127.0.0.1").Serves()
	}
	for i := range processes {
		addresses = append(addresses, freePort(t))
		start(i)
	}
	front := caddy(t, addresses...)
	eventually(t, "Caddy serves", 30*time.Second, func() bool {
		status, _ := newPerson("").get(front + "/healthz")
		return status == http.StatusOK
	})
	c := come(t, 6, at(front))
	for i := range processes {
		c.busy(40)
		processes[i].Signal(syscall.SIGTERM)
		if code := processes[i].Wait(); code != 0 {
			t.Errorf("instance %d ends with %d: %s", i, code, processes[i].Log)
		}
		start(i)
		time.Sleep(2500 * time.Millisecond) // until Caddy has asked it, and sends people there again
	}
	c.leave()
	for status, n := range c.statuses {
		if status != http.StatusOK && status != http.StatusSeeOther {
			t.Errorf("%d answers of %d", n, status)
		}
	}
	c.check(front)
}
