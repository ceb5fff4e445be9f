package pgtest

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bouncer is the shell script that owns a pooler: $1 is its configuration. It
// ends the pooler when its standard input ends, however the test process does.
const bouncer = `pgbouncer "$1" </dev/null >/dev/null 2>&1 & read -r _; kill $!; wait`

// PgBouncer starts Debian's pooler in transaction mode in front of a database,
// and returns the URL of the database through it. Each transaction may run on
// another of four connections to the server. It ends with the test, and skips
// the test where the program is missing, and with -short.
func PgBouncer(t testing.TB, database string) string {
	t.Helper()
	notShort(t)
	path := os.Getenv("PATH")
	if _, err := exec.LookPath("pgbouncer"); err != nil {
		if _, err := os.Stat("/usr/sbin/pgbouncer"); err != nil {
			t.Skip("no pooler for PostgreSQL here: pgbouncer is not installed")
		}
		path += ":/usr/sbin" // which is not everybody's
	}
	behind, err := url.Parse(database)
	if err != nil {
		t.Fatalf("URL of the database behind PgBouncer: %v", err)
	}
	host, port := behind.Query().Get("host"), behind.Port()
	if host == "" {
		host = behind.Hostname()
	}
	if port == "" {
		port = "5432"
	}
	password := ""
	if p, ok := behind.User.Password(); ok {
		password = " password='" + strings.ReplaceAll(p, "'", "''") + "'"
	}
	dir, err := os.MkdirTemp("/tmp", "pgbouncer-") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	credential, err := serverUser() // it refuses to run as root, too
	if err == nil && credential != nil {
		err = os.Chown(dir, int(credential.Uid), int(credential.Gid))
	}
	if err != nil {
		t.Fatal(err)
	}
	ini := filepath.Join(dir, "pgbouncer.ini")
	config := fmt.Sprintf(`[databases]
%s = host=%s port=%s user=%s%s
[pgbouncer]
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
unix_socket_dir = %s
listen_port = 5432
auth_type = any
logfile = %s/log
`, strings.TrimPrefix(behind.Path, "/"), host, port, behind.User.Username(), password, dir, dir)
	if err := os.WriteFile(ini, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", bouncer, "bouncer", ini)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: credential}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	socket := filepath.Join(dir, ".s.PGSQL.5432")
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("unix", socket); err == nil {
			conn.Close()
			break
		}
		if time.Since(start) > adminTimeout {
			text, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Fatalf("PgBouncer does not answer\n%s", text)
		}
	}
	return "postgres://postgres@" + behind.EscapedPath() + "?host=" + dir
}
