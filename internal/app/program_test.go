package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

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

		_, again := launch(t, program, "DATABASE_URL="+dsn, "LIMIT_HASH_ADDRESS=10000", "LIMIT_LOGIN_ADDRESS=10000")
		// Cookies know hosts, and no ports. On a page that is only read the last view may be missing: it is tried for 250 ms.
		for client, want := range seen {
			if got, err := views(client, again); err != nil || got < want {
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
