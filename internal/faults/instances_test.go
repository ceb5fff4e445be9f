//go:build faults

package faults

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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

// deployed reads a file of docs/deploy, with these replacements in turn.
func deployed(t *testing.T, name string, replacements ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(string(text), replacements[i]) {
			t.Fatalf("%s has no %q", name, replacements[i])
		}
	}
	return strings.NewReplacer(replacements...).Replace(string(text))
}

// proxy runs a proxy with this configuration until the test ends.
func proxy(t *testing.T, name, config string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(name, " is not installed")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
}

// caddy starts Caddy at the front, as docs/deploy/Caddyfile has it but for names and TLS.
func caddy(t *testing.T, front string, addresses []string) {
	proxy(t, "caddy", "{\n\tadmin off\n\tauto_https off\n}\n"+
		deployed(t, "Caddyfile", "app.example.org {", "http://"+front+" {", "127.0.0.1:8080 {", strings.Join(addresses, " ")+" {"),
		"run", "--adapter", "caddyfile", "--config", "config")
}

// nginx starts nginx at the front, as docs/deploy/nginx.conf has it but for names and TLS.
func nginx(t *testing.T, front string, addresses []string) {
	_, server, _ := strings.Cut(deployed(t, "nginx.conf"), "server 127.0.0.1:8080")
	options, _, _ := strings.Cut(server, ";")
	site := deployed(t, "nginx.conf", "127.0.0.1:8080"+options+";", strings.Join(addresses, options+"; server ")+options+";",
		"listen 80;", "listen 127.0.0.1:0;", "listen 443 ssl;", "listen "+front+";")
	site = regexp.MustCompile(`(?m)^\s*(listen \[::\]|ssl_|listen 127.0.0.1:0;).*\n`).ReplaceAllString(site, "")
	_, site, _ = strings.Cut(site, "upstream") // the first server leads to https
	upstream, rest, _ := strings.Cut(site, "server {")
	_, rest, _ = strings.Cut(rest, "server {")
	main := "daemon off;\nworker_processes 2;\npid pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"
	if os.Getuid() == 0 {
		main = "user root;\n" + main
	}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		main += kind + "_temp_path " + kind + ";\n"
	}
	proxy(t, "nginx", main+"upstream"+upstream+"server {"+rest+"}\n", "-p", ".", "-e", "stderr", "-c", "config")
}

func TestRollingRestart(t *testing.T) {
	t.Run("Caddy", func(t *testing.T) {
		proves(t, "three instances behind Caddy, restarted one after the other, fail no request",
			"the same of a proxy that does not ask /readyz more often than DRAIN is long")
		rollingRestart(t, caddy, 0)
	})
	t.Run("nginx", func(t *testing.T) {
		proves(t, "behind nginx, too, no page fails, nothing is lost, and of a thousand answers at most one is a 502",
			"that none is: nginx does not ask /readyz, and may not send a form again that it has sent at the moment of the end")
		rollingRestart(t, nginx, 1)
	})
}

// rollingRestart restarts three instances behind a proxy. Of a thousand answers this many may be 502, to forms.
func rollingRestart(t *testing.T, proxy func(t *testing.T, front string, addresses []string), thousandth int) {
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
	host := freePort(t)
	proxy(t, host, addresses)
	front := "http://" + host
	eventually(t, "the proxy serves", 30*time.Second, func() bool {
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
		time.Sleep(2500 * time.Millisecond) // until the proxy has found it again, and sends people there
	}
	c.leave()
	answers := 0
	for _, n := range c.statuses {
		answers += n
	}
	for status, n := range c.statuses {
		lost := status == http.StatusBadGateway && n*1000 <= answers*thousandth
		if status != http.StatusOK && status != http.StatusSeeOther && !lost {
			t.Errorf("%d answers of %d", n, status)
			for _, p := range processes { // since it was last started
				t.Logf("%s says %s", p.Address, p.Log)
			}
		}
	}
	if thousandth > 0 {
		c.wrong = slices.DeleteFunc(c.wrong, func(w string) bool { return strings.HasSuffix(w, ": 502") && w != "read: 502" })
	}
	c.check(front)
}
