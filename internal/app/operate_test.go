package app_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/migrations"
)

// in runs a command in the folder and returns what it says and the code that it ends with.
func in(t *testing.T, dir string, env []string, args ...string) (says string, code int) {
	t.Helper()
	cmd := exec.Command(build(t), args...)
	cmd.Dir, cmd.Env = dir, append([]string{"BCRYPT_COST=4", "LIMIT_HASH_ADDRESS=100000"}, env...)
	out, err := cmd.CombinedOutput()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// newest returns the number and the name of the program's newest migration.
func newest(t *testing.T) (version int64, name string) {
	t.Helper()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	name = slices.Max(names)
	version, err = strconv.ParseInt(name[:5], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return version, name
}

// A command that was given in the wrong folder says which file it looked for, and makes nothing.
func TestCommandsMakeNoDatabase(t *testing.T) {
	dir := t.TempDir()
	for _, args := range []string{"user list", "user role ann@example.org admin", "user add ann@example.org", "user delete ann@example.org --yes", "invite", "mail list", "mail retry all", "backup copy.db"} {
		says, code := in(t, dir, []string{"BASE_URL=http://localhost:8080", "REGISTRATION=invite"}, strings.Fields(args)...)
		if code != 1 || !strings.Contains(says, "there is no database at "+filepath.Join(dir, "data", "latchkey.db")) || strings.Count(says, "\n") != 1 {
			t.Errorf("%s: %d %s", args, code, says)
		}
	}
	if found, err := os.ReadDir(dir); err != nil || len(found) > 0 {
		t.Errorf("they made %v, %v", found, err)
	}
	// Nor does a command migrate.
	testkit.Databases(t, func(t *testing.T, dsn string) {
		if says, code := in(t, dir, []string{"DATABASE_URL=" + dsn}, "migrate"); code != 0 {
			t.Fatal(says)
		}
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		version, _ := newest(t)
		k.Exec(`DELETE FROM goose_db_version WHERE version_id = $1`, version)
		k.Exec(`DELETE FROM migrations WHERE version = $1`, version)
		if says, code := in(t, dir, []string{"DATABASE_URL=" + dsn}, "user", "list"); code != 1 || !strings.Contains(says, "latchkey migrate") {
			t.Errorf("%d %s", code, says)
		}
	})
}

// An old program on a newer database, or one with other content under a number, does not start.
func TestAForeignDatabaseStopsTheStart(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		if says, code := in(t, "", []string{"DATABASE_URL=" + dsn}, "migrate"); code != 0 {
			t.Fatal(says)
		}
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		version, name := newest(t)
		other := name[:5] + "_tasks.sql"
		for _, c := range []struct{ damage, undo, names string }{
			{
				`INSERT INTO migrations (version, name, sha256, applied_at) VALUES (10099, '10099_tasks.sql', 'x', 1)`,
				`DELETE FROM migrations WHERE version = 10099`, "10099_tasks.sql",
			},
			{
				fmt.Sprintf(`UPDATE migrations SET name = '%s', sha256 = 'x' WHERE version = %d`, other, version), ``, other,
			},
		} {
			k.Exec(c.damage)
			if c.undo != "" {
				k.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (10099, TRUE)`)
			}
			for _, setting := range []string{"AUTO_MIGRATE=on", "AUTO_MIGRATE=off"} {
				says, _ := refused(t, 1, nil, "DATABASE_URL="+dsn, setting)
				if !strings.Contains(says, c.names) || !strings.Contains(says, name) {
					t.Errorf("%s: it says %s", setting, says)
				}
			}
			if c.undo != "" {
				k.Exec(c.undo)
				k.Exec(`DELETE FROM goose_db_version WHERE version_id = 10099`)
			}
		}
	})
}

func TestHelp(t *testing.T) {
	for args, c := range map[string]struct {
		code int
		says []string
	}{
		"help":           {0, []string{"user add", "backup", "doctor", "health", "serve", "64"}},
		"--help":         {0, []string{"user add", "doctor"}},
		"help user":      {0, []string{"user disable"}},
		"help user add":  {0, []string{"--password-stdin"}},
		"help config":    {0, []string{"DATABASE_URL", "DRAIN"}},
		"help limits":    {0, []string{"log in"}},
		"help nonsense":  {1, []string{`no help on "nonsense"`}},
		"version":        {0, []string{"latchkey "}},
		"--version":      {0, []string{"latchkey "}},
		"nonsense":       {64, []string{"nonsense", "latchkey help"}},
		"serve --fast":   {64, []string{"--fast", "latchkey help"}},
		"user":           {64, []string{"latchkey help"}},
		"backup":         {64, []string{"file"}},
		"health --ready": {1, []string{"127.0.0.1:1"}},
	} {
		says, code := in(t, "", []string{"ADDR=127.0.0.1:1"}, strings.Fields(args)...)
		if code != c.code {
			t.Errorf("%s: ends with %d", args, code)
		}
		for _, want := range c.says {
			if !strings.Contains(says, want) {
				t.Errorf("%s: it does not say %s: %s", args, want, says)
			}
		}
	}
}

func TestAPortInUse(t *testing.T) {
	p := begin(t, "").Serves()
	says, _ := refused(t, 1, nil, "ADDR="+strings.TrimPrefix(p.Address, "http://"))
	if !strings.Contains(says, "is in use") || !strings.Contains(says, "PORT=8081 make run") {
		t.Errorf("it says %s", says)
	}
}

func TestHealthAsksTheRunningServer(t *testing.T) {
	p := begin(t, "", "DRAIN=5m", "LOG_LEVEL=info").Serves()
	address := "ADDR=" + strings.TrimPrefix(p.Address, "http://")
	for _, args := range [][]string{{"health"}, {"health", "--ready"}} {
		if says, code := in(t, "", []string{address}, args...); code != 0 || says != "ok\n" {
			t.Errorf("%v: %d %s", args, code, says)
		}
	}
	if err := p.Cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.Says("server.ending")
	if says, code := in(t, "", []string{address}, "health", "--ready"); code != 1 || !strings.Contains(says, "503") {
		t.Errorf("while it drains: %d %s", code, says)
	}
	if _, code := in(t, "", []string{address}, "health"); code != 0 {
		t.Errorf("while it drains, it still serves")
	}
}

// A backup is made while the site is served. It cannot be restored meanwhile; afterwards it brings back what was there,
// and the old database stays.
func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	p := begin(t, dir).Serves()
	register := func(email string) int {
		t.Helper()
		resp, err := newClient(t).PostForm(p.Address+"/register", url.Values{"email": {email}, "password": {testkit.Password}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	logIn := func(email string) int {
		t.Helper()
		resp, err := newClient(t).PostForm(p.Address+"/login", url.Values{"email": {email}, "password": {testkit.Password}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := register("before@example.org"); got != http.StatusSeeOther {
		t.Fatal(got)
	}
	if says, code := in(t, dir, nil, "backup", "copy.db"); code != 0 {
		t.Fatal(says)
	}
	if says, code := in(t, dir, nil, "backup", "copy.db"); code != 1 || !strings.Contains(says, "exists") {
		t.Errorf("over a file that is there: %d %s", code, says)
	}
	if got := register("after@example.org"); got != http.StatusSeeOther {
		t.Fatal(got)
	}
	if says, code := in(t, dir, nil, "restore", "copy.db"); code != 1 || !strings.Contains(says, "is in use") {
		t.Errorf("while it is served: %d %s", code, says)
	}
	if got := logIn("after@example.org"); got != http.StatusSeeOther {
		t.Errorf("a restore that was refused changed something: %d", got)
	}
	p.Signal(syscall.SIGKILL)
	p.Wait()

	says, code := in(t, dir, nil, "restore", "copy.db")
	aside, err := filepath.Glob(filepath.Join(dir, "data", "latchkey.db.before-*Z"))
	if code != 0 || len(aside) != 1 || err != nil || !strings.Contains(says, aside[0]) {
		t.Fatalf("%d %v %s", code, aside, says)
	}
	p = begin(t, dir).Serves()
	if before, after := logIn("before@example.org"), logIn("after@example.org"); before != http.StatusSeeOther || after != http.StatusUnprocessableEntity {
		t.Errorf("restored: %d %d", before, after)
	}
	// The old one, with all that the killed program had acknowledged, is as good as it was.
	p = begin(t, dir, "DATABASE_URL=sqlite:"+aside[0]).Serves()
	if after := logIn("after@example.org"); after != http.StatusSeeOther {
		t.Errorf("the old one: %d", after)
	}
}

// What root made at the first start, the service's own user can use.
func TestAFirstStartAsRoot(t *testing.T) {
	as := asSomebodyElse(t)
	if as == nil {
		t.Skip("root alone can become somebody else")
	}
	dir, err := os.MkdirTemp("", "first-") // not t.TempDir: another user must get in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	them := &exec.Cmd{}
	as(them)
	if err := os.Chown(dir, int(them.SysProcAttr.Credential.Uid), int(them.SysProcAttr.Credential.Gid)); err != nil {
		t.Fatal(err)
	}
	if says, code := in(t, dir, nil, "migrate"); code != 0 {
		t.Fatal(says)
	}
	cmd := exec.Command(build(t))
	as(cmd)
	p := testkit.Begin(t, cmd, dir).Serves()
	if got := p.Status("/readyz"); got != http.StatusOK {
		t.Errorf("/readyz: %d; it says %s", got, p.Log)
	}
}
