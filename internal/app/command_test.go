package app_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/testkit"
)

// A command runs the program against the database of a running application.
type command struct {
	t       *testing.T
	program string
	env     []string
}

func (c command) run(stdin string, args ...string) (out string, ok bool) {
	c.t.Helper()
	cmd := exec.Command(c.program, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = c.t.TempDir(), c.env, strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if cmd.ProcessState == nil {
		c.t.Fatal(err)
	}
	return string(stdout) + stderr.String(), cmd.ProcessState.Success()
}

// must runs a command that succeeds with --json, and returns its answer.
func (c command) must(stdin string, args ...string) map[string]any {
	c.t.Helper()
	out, ok := c.run(stdin, append(args, "--json")...)
	var answer map[string]any
	if err := json.Unmarshal([]byte(out), &answer); err != nil || !ok {
		c.t.Fatalf("%v: %v %s", args, err, out)
	}
	return answer
}

func TestCommandsActOnRunningServersAtOnce(t *testing.T) {
	program := build(t)
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn, "REGISTRATION=invite")
		c := command{t, program, []string{"DATABASE_URL=" + dsn, "BCRYPT_COST=4", "BASE_URL=" + k.URL, "REGISTRATION=invite"}}

		c.must(testkit.Password+"\n", "user", "add", "ada@example.org", "--name", "Ada", "--password-stdin")
		if out, ok := c.run("short\n", "user", "add", "x@example.org", "--password-stdin"); ok || !strings.Contains(out, "Use at least 15") {
			t.Errorf("a weak password: %s", out)
		}
		for _, args := range [][]string{{"user", "add"}, {"invite"}} {
			if out, ok := c.run("", append(args, "ADA@example.org")...); ok || !strings.Contains(out, "ADA@example.org is taken") {
				t.Errorf("%s: a taken address: %s", args, out)
			}
		}
		ada := k.Browser().LogIn("ada@example.org")
		if !ada.Get("/account").Says("Ada") {
			t.Error("the name is lost")
		}

		for _, role := range []string{"admin", "none"} {
			c.must("", "user", "role", "ada@example.org", role)
			if got := c.must("", "user", "show", "ada@example.org")["role"]; (got == "admin") != (role == "admin") {
				t.Errorf("role %s: %v", role, got)
			}
		}
		if out, ok := c.run("", "user", "role", "ada@example.org", "king"); ok || !strings.Contains(out, "admin") {
			t.Errorf("a role that there is not: %s", out)
		}
		// A link must lead somewhere.
		nowhere := command{t, program, []string{"DATABASE_URL=" + dsn, "BCRYPT_COST=4", "REGISTRATION=invite"}}
		for _, args := range [][]string{{"user", "add", "eve@example.org"}, {"user", "password", "ada@example.org"}, {"invite"}} {
			if out, ok := nowhere.run("", args...); ok || !strings.Contains(out, "BASE_URL is not set") {
				t.Errorf("%v without BASE_URL: %s", args, out)
			}
		}
		if n := k.Count(`SELECT count(*) FROM users WHERE email = 'eve@example.org'`); n != 0 {
			t.Error("an account was made, and nobody can get in")
		}

		c.must("", "user", "end-logins", "ada@example.org")
		if testkit.LoggedIn(ada) {
			t.Error("end-logins: still in")
		}
		ada.LogIn("ada@example.org")
		c.must("", "user", "disable", "ADA@example.org")
		if testkit.LoggedIn(ada) || k.Browser().Post("/login", "email", "ada@example.org", "password", testkit.Password).Status != 422 {
			t.Error("disable: still in, or can log in")
		}
		c.must("", "user", "enable", "ada@example.org")
		if testkit.LoggedIn(ada) {
			t.Error("enable brings an ended login back")
		}
		ada.LogIn("ada@example.org")
		c.must("a wholly new pass phrase\n", "user", "password", "ada@example.org", "--password-stdin")
		if testkit.LoggedIn(ada) || k.Browser().Post("/login", "email", "ada@example.org", "password", "a wholly new pass phrase").Status != 303 {
			t.Error("password: still in, or not changed")
		}
		link := c.must("", "user", "password", "ada@example.org")["link"].(string)
		b := k.Browser()
		b.Get(strings.TrimPrefix(link, k.URL))
		if p := b.Post("/password/reset", "password", testkit.Password); p.To != "/login" {
			t.Errorf("the link to choose a password: %s %s", p, link)
		}

		ada.LogIn("ada@example.org")
		shown := c.must("", "user", "show", "ada@example.org")
		if logins := shown["logins"].([]any); len(logins) != 1 {
			t.Errorf("show: %v", shown)
		}
		out, _ := c.run("", "user", "list")
		if !strings.Contains(out, "ada@example.org") || !strings.HasSuffix(out, "\n1 account\n") || strings.Contains(out, "$2a$") {
			t.Errorf("list: %s", out)
		}

		invited := k.Browser()
		invited.Get(strings.TrimPrefix(c.must("", "invite")["link"].(string), k.URL))
		if p := invited.Post("/register", "email", "ben@example.org", "password", testkit.Password); p.To != "/account" {
			t.Errorf("invite: %s", p)
		}
		closed := command{t, program, append(c.env, "REGISTRATION=closed")}
		if out, ok := closed.run("", "invite"); !ok || !strings.Contains(out, "only while REGISTRATION is invite") {
			t.Errorf("invite, where nobody may register: %s", out)
		}

		if out, ok := c.run("", "user", "delete", "ada@example.org"); ok || !strings.Contains(out, "--yes") || !testkit.LoggedIn(ada) {
			t.Errorf("delete without --yes: %s", out)
		}
		c.must("", "user", "delete", "ada@example.org", "--yes")
		if testkit.LoggedIn(ada) || k.Count(`SELECT count(*) FROM users WHERE email = 'ada@example.org'`) != 0 {
			t.Error("delete: still in, or there")
		}
		if out, ok := c.run("", "user", "show", "ada@example.org"); ok || !strings.Contains(out, "not found") {
			t.Errorf("show of nobody: %s", out)
		}
	})
}

func TestLimitsAreListed(t *testing.T) {
	c := command{t, build(t), []string{"LIMIT_MAIL_ADDRESS=77"}}
	out, ok := c.run("", "help", "limits")
	if !ok || !strings.Contains(out, "77  ask for a mail") {
		t.Errorf("%s", out)
	}
	docs := read(t, filepath.Join("..", "..", "docs", "reference", "limits.md"))
	for _, s := range config.Help(app.Settings()...) {
		if strings.HasPrefix(s.Name, "LIMIT_") && (!strings.Contains(out, s.Name) || !strings.Contains(docs, "`"+s.Name+"`")) {
			t.Errorf("%s is not listed by `help limits` and docs/reference/limits.md", s.Name)
		}
	}
}
