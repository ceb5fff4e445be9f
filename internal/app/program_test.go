package app_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// build makes the program.
func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	if out, err := exec.Command("go", "build", "-o", file, "../../cmd/latchkey").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

// launch starts the program in an empty folder, and returns its address once it has printed it.
func launch(t *testing.T, program string, env ...string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(program)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{"ADDR=127.0.0.1:0", "BCRYPT_COST=4"}, env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		cmd.Wait()         //nolint:errcheck
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	address := regexp.MustCompile(`http://\S+`).FindString(line)
	if err != nil || address == "" {
		t.Fatalf("it printed %q: %v", line, err)
	}
	return cmd, address
}

func TestAWrongSettingStopsTheStart(t *testing.T) {
	program := build(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for setting, says := range map[string]string{
		"APP_ENV=staging":                        `APP_ENV="staging" is wrong: it must be development or production`,
		"LOGIN_IDLE=soon":                        `LOGIN_IDLE="soon" is wrong`,
		"BCRYPT_COST=99":                         `BCRYPT_COST="99" is wrong: it must be 4 to 16`,
		"BASE_URL=example.org":                   `BASE_URL="example.org" is wrong`,
		"APP_ENV=production":                     `BASE_URL="" is wrong`,
		"REGISTRATION=maybe":                     `REGISTRATION="maybe" is wrong`,
		"TRUSTED_PROXIES=everyone":               `TRUSTED_PROXIES="everyone" is wrong`,
		"DATABASE_URL=mysql://u:secret@h/x":      `DATABASE_URL="mysql://u:xxxxx@h/x" is wrong`,
		"ADDR=nowhere":                           `ADDR="nowhere" is wrong`,
		"DATABASE_URL=sqlite:" + file + "/in/it": "DATABASE_URL=",
		"DATABASE_URL=postgres://nobody@127.0.0.1:1/x?connect_timeout=1": "DATABASE_URL=",
	} {
		cmd := exec.Command(program)
		cmd.Dir, cmd.Env = t.TempDir(), []string{setting}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		began := time.Now()
		err := cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != 1 || time.Since(began) > 2*time.Second {
			t.Errorf("%s: exit code %d after %s (%v)", setting, code, time.Since(began), err)
		}
		if got := stderr.String(); !strings.Contains(got, says) || strings.Count(got, "\n") != 1 || strings.Contains(got, "secret") {
			t.Errorf("%s: it says %q", setting, got)
		}
	}
}

func TestTheProgramEndsWell(t *testing.T) {
	cmd, address := launch(t, build(t))
	resp, err := http.Get(address + "/healthz")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	if _, err := os.Stat(filepath.Join(cmd.Dir, "data", "latchkey.db")); err != nil {
		t.Error(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// TestNothingAcknowledgedIsLostByAKill kills the program under load, starts it again,
// and looks for everything that was answered.
func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	program := build(t)
	testkit.Databases(t, func(t *testing.T, dsn string) {
		cmd, address := launch(t, program, "DATABASE_URL="+dsn)
		var mu sync.Mutex
		var accounts []string
		seen := map[*http.Client]int{} // how often each visitor was told that they have seen the page
		enough := make(chan struct{})
		say := sync.OnceFunc(func() { close(enough) })
		var wg sync.WaitGroup
		for i := range 6 {
			client := newClient(t)
			wg.Go(func() {
				for n := 0; ; n++ {
					times, err := views(client, address)
					if err != nil {
						return // the program is gone
					}
					email := fmt.Sprintf("user%d.%d@example.org", i, n)
					resp, err := newClient(t).PostForm(address+"/register", url.Values{"email": {email}, "password": {testkit.Password}})
					mu.Lock()
					seen[client] = times
					if err == nil && resp.StatusCode == http.StatusSeeOther {
						accounts = append(accounts, email)
					}
					if len(accounts) >= 40 {
						say()
					}
					mu.Unlock()
					if err != nil {
						return
					}
					resp.Body.Close()
				}
			})
		}
		select {
		case <-enough:
		case <-time.After(30 * time.Second):
			t.Fatal("no load")
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		wg.Wait()

		_, again := launch(t, program, "DATABASE_URL="+dsn)
		for client, want := range seen { // cookies know hosts, and no ports
			if got, err := views(client, again); err != nil || got <= want {
				t.Errorf("a visitor has seen the page %d times, and was told %d before (%v)", got, want, err)
			}
		}
		for _, email := range accounts {
			resp, err := newClient(t).PostForm(again+"/login", url.Values{"email": {email}, "password": {testkit.Password}})
			if err != nil || resp.StatusCode != http.StatusSeeOther {
				t.Fatalf("%s is lost: %v %v", email, resp, err)
			}
			resp.Body.Close()
		}
		t.Logf("%d accounts and %d counters are all there", len(accounts), len(seen))
	})
}

func newClient(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

var timesSeen = regexp.MustCompile(`You have seen this page <b>(\w+)</b>`)

// views opens the first page and returns how often it says that it was seen.
func views(client *http.Client, address string) (int, error) {
	resp, err := client.Get(address + "/")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	found := timesSeen.FindSubmatch(body)
	if found == nil {
		return 0, fmt.Errorf("status %d", resp.StatusCode)
	}
	if string(found[1]) == "once" {
		return 1, nil
	}
	return strconv.Atoi(string(found[1]))
}
