package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// built is the folder with the program, "" if no test has asked for it.
var built string

// makeProgram builds the program once for all tests.
var makeProgram = sync.OnceValues(func() (file string, err error) {
	if built, err = os.MkdirTemp("", "program-"); err != nil {
		return "", err
	}
	if err := os.Chmod(built, 0o755); err != nil { // other users start it, too
		return "", err
	}
	file = filepath.Join(built, "program")
	out, err := exec.Command("go", "build", "-o", file, "../../cmd/latchkey").CombinedOutput()
	os.Stderr.Write(out) //nolint:errcheck // the error says the same
	return file, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built) //nolint:errcheck // a temporary folder
	}
	os.Exit(code)
}

// build makes the program.
func build(t *testing.T) string {
	t.Helper()
	file, err := makeProgram()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// refused starts the program, which must say why it does not, in so many lines, and end with 1. The guard ends what
// would hang.
func refused(t *testing.T, lines int, change func(cmd *exec.Cmd), env ...string) (says string, took time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, build(t))
	var stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stderr = t.TempDir(), append([]string{"ADDR=127.0.0.1:0"}, env...), &stderr
	if change != nil {
		change(cmd)
	}
	began := time.Now()
	err := cmd.Run()
	took = time.Since(began)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%v: %v after %s", env, err, took)
	}
	if got := strings.Count(stderr.String(), "\n"); got != lines || strings.Contains(stderr.String(), "secret") {
		t.Errorf("%v: it says %q", env, stderr.String())
	}
	return stderr.String(), took
}

func TestAWrongSettingStopsTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for setting, want := range map[string]string{
		"APP_ENV=staging":                        `APP_ENV="staging" is wrong: it must be development or production`,
		"LOGIN_IDLE=soon":                        `LOGIN_IDLE="soon" is wrong`,
		"BCRYPT_COST=99":                         `BCRYPT_COST="99" is wrong: it must be 4 to 16`,
		"BASE_URL=example.org":                   `BASE_URL="(not shown)" is wrong`,
		"APP_ENV=production":                     `BASE_URL="" is wrong`,
		"REGISTRATION=maybe":                     `REGISTRATION="maybe" is wrong`,
		"TRUSTED_PROXIES=everyone":               `TRUSTED_PROXIES="everyone" is wrong`,
		"DATABASE_URL=mysql://u:secret@h/x":      `DATABASE_URL="mysql://…@h/x" is wrong`,
		"ADDR=nowhere":                           `ADDR="nowhere" is wrong`,
		"DATABASE_URL=sqlite:" + file + "/in/it": "DATABASE_URL=",
		"DATABASE_URL=sqlite::memory:":           "DATABASE_URL=",
		"DATABASE_URL=sqlite://data/app.db":      "DATABASE_URL=",
		"DRAIN=6m":                               `DRAIN="6m" is wrong`,
		"BACKUP_EVERY=1s":                        `BACKUP_EVERY="1s" is wrong`,
	} {
		says, took := refused(t, 1, nil, setting)
		if !strings.Contains(says, want) || took > 2*time.Second {
			t.Errorf("%s: it says %q after %s", setting, says, took)
		}
	}
}

func TestAllMistakesOfAStartAtOnce(t *testing.T) {
	says, _ := refused(t, 4, nil, "KEEP_ALIVE=soon", "BACKUP_KEEP=0x9", "BACKUP_EVERY=007s", "COOKIE_DOMAIN=.Example.ORG")
	for _, want := range []string{`KEEP_ALIVE="soon"`, `BACKUP_KEEP="0x9"`, `BACKUP_EVERY="007s"`, `COOKIE_DOMAIN=".Example.ORG"`} {
		if !strings.Contains(says, want) {
			t.Errorf("%s is not reported: %s", want, says)
		}
	}
}

// TestADatabaseThatSaysNothingIsWaitedFor is about a server that accepts and then is silent: another service on that
// port, or one that hangs. The start waits and says so, and a signal ends the wait.
func TestADatabaseThatSaysNothingIsWaitedFor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close() // and nothing else
		}
	}()
	p := begin(t, "", "DATABASE_URL=postgres://user:secret@"+l.Addr().String()+"/app?connect_timeout=1")
	p.Says("waiting for the database")
	p.Signal(syscall.SIGTERM)
	if code := p.Wait(); code != 1 || !strings.Contains(p.Log.String(), "DATABASE_URL=") || strings.Contains(p.Log.String(), "secret") {
		t.Errorf("it ends with %d and says %s", code, p.Log)
	}
}

// TestADatabaseThatCannotBeWrittenStopsTheStart makes everything readable, so that only the first write would tell.
func TestADatabaseThatCannotBeWrittenStopsTheStart(t *testing.T) {
	dir, err := os.MkdirTemp("", "readonly-") // not t.TempDir: another user must get in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	file := filepath.Join(dir, "app.db")
	if out, err := (&exec.Cmd{Path: build(t), Args: []string{"program", "migrate"}, Env: []string{"DATABASE_URL=sqlite:" + file}}).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	db, err := sql.Open("sqlite", "file:"+file) // as another program that is running: it keeps -wal and -shm there
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE other (id TEXT)`); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(file+name, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	says, _ := refused(t, 1, asSomebodyElse(t), "DATABASE_URL=sqlite:"+file, "AUTO_MIGRATE=off", "LOG_LEVEL=error")
	if !strings.Contains(says, "DATABASE_URL=") || !strings.Contains(says, "readonly") {
		t.Errorf("it says %q", says)
	}
}

// asSomebodyElse makes a command run as a user whom permissions stop, if we are root, whom they do not.
func asSomebodyElse(t *testing.T) func(cmd *exec.Cmd) {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
	if errUID != nil || errGID != nil {
		t.Fatal(errUID, errGID)
	}
	return func(cmd *exec.Cmd) {
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
}

// TestAStartWithoutMigrations is for those who migrate by themselves.
func TestAStartWithoutMigrations(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		says, _ := refused(t, 1, nil, "DATABASE_URL="+dsn, "AUTO_MIGRATE=off")
		if !strings.Contains(says, "lacks migrations") && !strings.Contains(says, "there is no database at") || !strings.Contains(says, "latchkey migrate") {
			t.Errorf("it says %q", says)
		}
		c := command{t, build(t), []string{"DATABASE_URL=" + dsn}}
		if out, ok := c.run("", "migrate"); !ok || !strings.Contains(out, "migrations applied") {
			t.Fatal(out)
		}
		launch(t, build(t), "DATABASE_URL="+dsn, "AUTO_MIGRATE=off")
	})
}
