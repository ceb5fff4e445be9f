package totp_test

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// TestAnOperatorRemovesALostApp runs the program's command beside a running server, and holds that it lists and removes what
// an account has, and that its owner is mailed.
func TestAnOperatorRemovesALostApp(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program: not with -short")
	}
	program := filepath.Join(t.TempDir(), "program")
	if out, err := exec.Command("go", "build", "-o", program, "../../../cmd/latchkey").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn, key)
		owner(t, k)
		testkit.Verified(t, k, testkit.Ben)
		waits := half(t, k)
		run := func(env string, args ...string) (string, bool) {
			t.Helper()
			cmd := exec.Command(program, append([]string{"user", "factors"}, args...)...)
			cmd.Dir, cmd.Env = t.TempDir(), []string{"DATABASE_URL=" + dsn, key, env}
			out, err := cmd.CombinedOutput()
			return string(out), err == nil
		}
		site := "BASE_URL=" + k.URL
		for _, one := range []struct {
			args string
			ok   bool
			says string
		}{
			{testkit.Ada, true, testkit.Ada + ": 1 second factor\n  totp       Authenticator app\n"},
			{testkit.Ada + " --json", true, `"asked": true`},
			{testkit.Ben, true, testkit.Ben + ": 0 second factors\n"},
			{testkit.Ben + " --remove", true, testkit.Ben + ": 0 second factors removed\n"},
			{"nobody@example.org --remove", false, "nobody@example.org"},
		} {
			if out, ok := run(site, strings.Fields(one.args)...); ok != one.ok || !strings.Contains(out, one.says) {
				t.Errorf("%s: %v %s", one.args, ok, out)
			}
		}
		if out, ok := run("", testkit.Ada, "--remove"); ok || !strings.Contains(out, "BASE_URL is not set") {
			t.Errorf("the link of the mail would lead nowhere: %s", out)
		}
		half(t, k) // nothing was removed yet

		if out, ok := run(site, testkit.Ada, "--remove"); !ok || out != testkit.Ada+": 1 second factor removed\n" {
			t.Fatalf("%v %s", ok, out)
		}
		if out, ok := run(site, testkit.Ada); !ok || out != testkit.Ada+": 0 second factors\n" {
			t.Errorf("%v %s", ok, out)
		}
		if got := k.Mail(testkit.Ada); got.Subject != "A second factor was removed" || !strings.Contains(got.Text, "Authenticator app, by an operator") {
			t.Errorf("the mail is %q: %s", got.Subject, got.Text)
		}
		if n := k.Count(`SELECT count(*) FROM events WHERE name = 'factor.removed' AND detail = 'Authenticator app, by an operator'`); n != 1 {
			t.Errorf("%d events", n)
		}
		waits.Get(step).Expect(t, http.StatusSeeOther, "/login")
		k.Browser().LogIn(testkit.Ada)
	})
}
