package app_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAStartWarns launches the program as somebody does who mistyped settings, and reads what it says before it serves.
func TestAStartWarns(t *testing.T) {
	start := func(dotEnv string, env ...string) string {
		cmd := exec.Command(build(t))
		cmd.Dir, cmd.Env = t.TempDir(), append([]string{"ADDR=127.0.0.1:0", "BCRYPT_COST=10"}, env...)
		if err := os.WriteFile(filepath.Join(cmd.Dir, ".env"), []byte(dotEnv), 0o600); err != nil {
			t.Fatal(err)
		}
		var says strings.Builder
		cmd.Stderr = &says
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil { // that it serves
			t.Error(err)
		}
		cmd.Process.Kill() //nolint:errcheck // it is read no more
		cmd.Wait()         //nolint:errcheck // killed
		return says.String()
	}
	says := start("BASE_ULR=PW7secret\nWHATEVER=PW7secret\n", "DATABSE_URL=PW7secret")
	for _, want := range []string{"did you mean BASE_URL?", "WHATEVER is no setting", "did you mean DATABASE_URL?"} {
		if strings.Count(says, want) != 1 || strings.Contains(says, "PW7") {
			t.Errorf("it lacks %q, or shows values:\n%s", want, says)
		}
	}
	says = start("", "APP_ENV=production", "BASE_URL=http://example.org", "TRUSTED_PROXIES=0.0.0.0/0")
	for _, want := range []string{"BASE_URL is http://", "SMTP_URL is not set", "TRUSTED_PROXIES trusts 0.0.0.0/0"} {
		if strings.Count(says, want) != 1 {
			t.Errorf("production does not say once %q:\n%s", want, says)
		}
	}
}
