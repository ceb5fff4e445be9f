package howto_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"io/fs"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit/clone"
	"example.com/latchkey/internal/testkit/pgtest"
)

// site is what the files in docs/deploy call the site.
const site = "app.example.org"

// deployed reads a file of docs/deploy.
func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(clone.Root(t), "docs", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An image is what a container is run from.
type image struct {
	root string            // its file system
	argv []string          // its entry point
	env  map[string]string // its settings
	uid  uint32            // whom it runs as
}

// build makes the image of the Containerfile, as far as this machine can: it runs the commands of the first stage here,
// and lays out the files of the second in an empty folder.
func build(t *testing.T) image {
	t.Helper()
	img := image{root: t.TempDir(), env: map[string]string{}}
	out := t.TempDir()
	for line := range strings.Lines(deployed(t, "Containerfile")) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "RUN":
			cmd := exec.CommandContext(t.Context(), "sh", "-ec", strings.ReplaceAll(rest, "/out", out))
			cmd.Dir = clone.Root(t)
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", rest, err, text)
			}
		case "COPY":
			from, ok := strings.CutPrefix(rest, "--from=build ")
			if !ok {
				continue // into the stage that builds
			}
			owner := 0
			if chown, after, ok := strings.Cut(from, " "); ok && strings.HasPrefix(chown, "--chown=65534:65534") {
				from, owner = after, 65534
			}
			source, target, _ := strings.Cut(from, " ")
			if inner, ok := strings.CutPrefix(source, "/out/"); ok {
				source = filepath.Join(out, inner)
			}
			img.put(t, source, target, owner)
		case "USER":
			if rest != "65534:65534" {
				t.Errorf("the image runs as %s", rest)
			}
			img.uid = 65534
		case "ENV":
			name, value, _ := strings.Cut(rest, "=")
			img.env[name] = value
		case "ENTRYPOINT":
			img.argv = append(img.argv, strings.Trim(rest, `[]"`))
		}
	}
	return img
}

// put copies a file, or makes a folder, for that owner.
func (img image) put(t *testing.T, source, target string, owner int) {
	t.Helper()
	to := filepath.Join(img.root, target)
	info, err := os.Stat(source)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		err = os.Mkdir(to, info.Mode().Perm())
	} else {
		if strings.HasSuffix(target, "/") {
			to = filepath.Join(to, filepath.Base(source))
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		var text []byte
		if text, err = os.ReadFile(source); err == nil {
			err = os.WriteFile(to, text, info.Mode().Perm())
		}
	}
	if err == nil {
		err = os.Chown(to, owner, owner)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// command is the program of the image, run in nothing but its file system, as its user.
func (img image) command(t *testing.T, env map[string]string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), img.argv[0], args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: img.root, Credential: &syscall.Credential{Uid: img.uid, Gid: img.uid}}
	all := maps.Clone(img.env)
	maps.Copy(all, env)
	for name, value := range all {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Err = nil // exec.Command looked for the program outside
	cmd.Path = img.argv[0]
	return cmd
}

// start runs a server, and puts what it says into the test's log. It returns what ends it as systemd would, and says how
// it ended; the end of the test does so, too.
func start(t *testing.T, cmd *exec.Cmd) (stop func() error) {
	t.Helper()
	var says lockedBuilder
	cmd.Stdout, cmd.Stderr = &says, &says
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // the test's context ends first
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceValue(func() error {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		err := cmd.Wait()
		t.Logf("%s ended (%v) and said\n%s", cmd.Args[0], err, says.String())
		return err
	})
	t.Cleanup(func() { stop() }) //nolint:errcheck // whoever wants to know asks
	return stop
}

// a client of the site, which finds it at this address whatever its name.
func client(t *testing.T, address string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // signed by nobody
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, address)
			},
		},
	}
}

// ask sends a request to https://site (or http, if the path says so) and returns status, headers and body.
// It asks again for up to a minute while nobody listens, or the proxy finds nobody behind it.
func ask(t *testing.T, c *http.Client, method, address string, form url.Values) (*http.Response, string) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/html")
		r.Header.Set("X-Forwarded-For", "203.0.113.9") // what a client claims
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", "https://"+site)
		}
		resp, err := c.Do(r)
		if err == nil && resp.StatusCode != http.StatusBadGateway && (resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Content-Security-Policy") != "") {
			defer resp.Body.Close() //nolint:errcheck // it was read
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp, string(body)
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("%s %s: %v %v", method, address, resp, err)
		}
	}
}

// visit does what a person does first: look, register, see the account. Then it looks at what is kept of the browser.
func visit(t *testing.T, c *http.Client) {
	t.Helper()
	resp, _ := ask(t, c, "GET", "https://"+site+"/", nil)
	if cookie := resp.Header.Get("Set-Cookie"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(cookie, "__Host-") || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("the first page: %d %v", resp.StatusCode, resp.Header)
	}
	resp, body := ask(t, c, "POST", "https://"+site+"/register", url.Values{"email": {"ann@example.org"}, "password": {"a garden gnome of brass"}})
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("registering: %d %s", resp.StatusCode, body)
	}
	if resp, body := ask(t, c, "GET", "https://"+site+"/account", nil); resp.StatusCode != http.StatusOK || !strings.Contains(body, "ann@example.org") {
		t.Errorf("the account: %d %s", resp.StatusCode, body)
	}
	if _, body := ask(t, c, "GET", "https://"+site+"/privacy", nil); !strings.Contains(body, "127.0.0.") || strings.Contains(body, "203.0.113") {
		t.Errorf("the client's address is not what the proxy saw: %s", body)
	}
}

// TestTheImageRuns runs what the Containerfile makes as nobody, in an empty file system that is not writable.
func TestTheImageRuns(t *testing.T) {
	if testing.Short() || os.Getuid() != 0 {
		t.Skip("needs root for chroot, and not -short")
	}
	img := build(t)
	before := tree(t, img.root)
	address := freeAddress(t)
	env := map[string]string{"BASE_URL": "https://" + site, "ADDR": address, "TRUSTED_PROXIES": "10.0.0.0/8"}
	stop := start(t, img.command(t, env))
	c := client(t, address)
	c.Transport.(*http.Transport).DialTLSContext = c.Transport.(*http.Transport).DialContext // no proxy here
	visit(t, c)
	if out, err := img.command(t, env, "health").CombinedOutput(); err != nil {
		t.Errorf("the health check: %v\n%s", err, out)
	}
	after := slices.DeleteFunc(tree(t, img.root), func(name string) bool { return strings.HasPrefix(name, "data/") })
	if !slices.Equal(before, after) {
		t.Errorf("it wrote outside /data: before %v, after %v", before, after)
	}
	if err := stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if out, err := img.command(t, env, "health").CombinedOutput(); err == nil {
		t.Errorf("the health check of a server that ended is well\n%s", out)
	}
}

func tree(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	if err := fs.WalkDir(os.DirFS(root), ".", func(name string, _ fs.DirEntry, err error) error {
		names = append(names, name)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}

// runProgram starts the program as production does behind a proxy at this machine, and returns its address.
func runProgram(t *testing.T, settings ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", file, "./cmd/latchkey")
	cmd.Dir = clone.Root(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	address := freeAddress(t)
	cmd = exec.CommandContext(t.Context(), file)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), append([]string{"APP_ENV=production", "BASE_URL=https://" + site, "ADDR=" + address, "TRUSTED_PROXIES=127.0.0.1"}, settings...)...)
	start(t, cmd)
	return address
}

func TestCaddyBeforeTheProgram(t *testing.T) {
	caddy := need(t, "caddy")
	front, plain := freeAddress(t), freeAddress(t)
	text := deployed(t, "Caddyfile")
	_, port, _ := net.SplitHostPort(front)  //nolint:errcheck // freeAddress made it
	_, port2, _ := net.SplitHostPort(plain) //nolint:errcheck // freeAddress made it
	text = "{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\thttps_port " + port + "\n\thttp_port " + port2 + "\n}\n" + strings.ReplaceAll(text, "127.0.0.1:8080", runProgram(t))
	dir := t.TempDir()
	file := filepath.Join(dir, "Caddyfile")
	write(t, file, text)
	cmd := exec.CommandContext(t.Context(), caddy, "run", "--config", file, "--adapter", "caddyfile")
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	start(t, cmd)
	visit(t, client(t, front))
}

func TestNginxBeforeTheProgram(t *testing.T) {
	nginx := need(t, "nginx")
	front, plain, dir := freeAddress(t), freeAddress(t), t.TempDir()
	certificate(t, dir)
	text := regexp.MustCompile(`(?m)^\s*listen \[::\].*\n`).ReplaceAllString(deployed(t, "nginx.conf"), "")
	text = strings.NewReplacer("listen 443", "listen "+front, "listen 80;", "listen "+plain+";", "127.0.0.1:8080", runProgram(t),
		"/etc/letsencrypt/live/"+site, dir).Replace(text)
	write(t, filepath.Join(dir, "site.conf"), text)
	main := "daemon off;\nworker_processes 1;\npid " + dir + "/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"
	if os.Getuid() == 0 {
		main = "user root;\n" + main
	}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		main += kind + "_temp_path " + dir + "/" + kind + ";\n"
	}
	write(t, filepath.Join(dir, "nginx.conf"), main+"include "+dir+"/site.conf;\n}\n")
	start(t, exec.CommandContext(t.Context(), nginx, "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "nginx.conf")))
	visit(t, client(t, front))
	if resp, _ := ask(t, client(t, plain), "GET", "http://"+site+"/login?next=%2Fnotes", nil); resp.Header.Get("Location") != "https://"+site+"/login?next=%2Fnotes" {
		t.Errorf("without TLS: %d %v", resp.StatusCode, resp.Header)
	}
}

// TestTheUnitIsSound lets systemd read the unit and rate how little it lets the program do.
func TestTheUnitIsSound(t *testing.T) {
	analyze := need(t, "systemd-analyze")
	dir := t.TempDir()
	file := filepath.Join(dir, "web.service")
	unit := strings.ReplaceAll(deployed(t, "app.service"), "/usr/local/bin/latchkey", "/bin/true")
	write(t, file, regexp.MustCompile(`(?m)^User=.*`).ReplaceAllString(unit, "User=daemon"))
	if out, err := exec.CommandContext(t.Context(), analyze, "verify", file).CombinedOutput(); err != nil || strings.Contains(string(out), "web.service:") {
		t.Errorf("%v\n%s", err, out)
	}
	// From 0, locked in, to 100.
	if out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=15", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestComposeRuns checks the file with docker-compose, and runs the program with its settings before a PostgreSQL.
func TestComposeRuns(t *testing.T) {
	compose := need(t, "docker-compose")
	cmd := exec.CommandContext(t.Context(), compose, "-f", filepath.Join(clone.Root(t), "docs", "deploy", "compose.yaml"), "config")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "BASE_URL=https://"+site, "POSTGRES_PASSWORD=secret")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const dsn = "postgres://app:secret@db/app"
	settings := regexp.MustCompile(`(?m)^      ([A-Z_]+): '?(.*?)'?$`).FindAllStringSubmatch(string(out), -1)
	var env []string
	for _, s := range settings {
		value := s[2]
		if value == dsn {
			value = pgtest.URL(t)
		}
		if !strings.HasPrefix(s[1], "POSTGRES_") {
			env = append(env, s[1]+"="+value)
		}
	}
	if !strings.Contains(string(out), "DATABASE_URL: "+dsn) || len(env) < 3 {
		t.Errorf("the database is not the one beside it:\n%s", out)
	}
	address := runProgram(t, append(env, "TRUSTED_PROXIES=10.0.0.0/8")...)
	c := client(t, address)
	c.Transport.(*http.Transport).DialTLSContext = c.Transport.(*http.Transport).DialContext
	visit(t, c)
}

// need returns where a program is, and skips the test where it is not.
func need(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs " + name + "; not with -short")
	}
	file, err := exec.LookPath(name)
	if err != nil {
		file, err = exec.LookPath("/usr/sbin/" + name)
	}
	if err != nil {
		t.Skip("no " + name + " here")
	}
	return file
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's listener
	return l.Addr().String()
}

// certificate makes one for the site, signed by itself, where nginx.conf looks for it.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{site}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "fullchain.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, filepath.Join(dir, "privkey.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}
