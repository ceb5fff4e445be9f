package app_test

import (
	"net/http"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// What a request may do is held in memory while nothing is committed (database.Cache). These tests end or change it, in this
// process and in others, while readers keep filling that memory, and hold that the very next request goes by it.

// rounds is how often each is tried.
func rounds() int {
	if testing.Short() {
		return 20
	}
	return 200
}

// reading keeps asking for the page with the browser's cookie, by four clients at once, until stop is called.
func reading(t *testing.T, k *testkit.Kit, b *testkit.Browser, path string) (stop func()) {
	t.Helper()
	var over atomic.Bool
	var wg sync.WaitGroup
	cookie := "latchkey=" + b.Cookie("latchkey")
	for range 4 {
		wg.Go(func() {
			for !over.Load() {
				status(t, k.URL+path, cookie)
			}
		})
	}
	return func() {
		over.Store(true)
		wg.Wait()
	}
}

// status asks for a page without following where it leads.
func status(t *testing.T, address, cookie string) int {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	r.Header.Set("Cookie", cookie)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// race tries, in each round with a new login, that act, which another browser, command or server does, is seen by the next
// request: it had the page, and has it no longer.
func race(t *testing.T, k *testkit.Kit, path string, act, undo func(b *testkit.Browser)) {
	t.Helper()
	for round := range rounds() {
		b := k.Browser().LogInAs("ann@example.org")
		cookie := "latchkey=" + b.Cookie("latchkey")
		if got := status(t, k.URL+path, cookie); got != http.StatusOK {
			t.Fatalf("round %d: %d before", round, got)
		}
		stop := reading(t, k, b, path)
		act(b)
		if got := status(t, k.URL+path, cookie); got == http.StatusOK {
			t.Errorf("round %d: the next request still gets the page", round)
		}
		stop()
		if got := status(t, k.URL+path, cookie); got == http.StatusOK {
			t.Errorf("round %d: a later request gets the page again", round)
		}
		undo(b)
		if t.Failed() {
			return
		}
	}
}

func nothing(*testkit.Browser) {}

// manyLogins are the settings with which one browser after the other may log in to one account.
var manyLogins = []string{
	"LIMIT_LOGIN_ACCOUNT_ADDRESS=100000", "LIMIT_LOGIN_ACCOUNT=100000", "LIMIT_LOGIN_ADDRESS=100000", "LIMIT_HASH_ADDRESS=100000",
	"LIMIT_VISITOR_ADDRESS=100000",
}

func TestLogOutIsSeenByTheNextRequest(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		race(t, testkit.Start(t, append(manyLogins, "DATABASE_URL="+dsn)...), testkit.Private, func(b *testkit.Browser) {
			b.Copy().Post("/logout").Expect(t, http.StatusSeeOther)
		}, nothing)
	})
}

func TestLogOutOnAnotherServerIsSeenByTheNextRequest(t *testing.T) {
	dsn := testkit.SQLite(t)
	k := testkit.Start(t, append(manyLogins, "DATABASE_URL="+dsn)...)
	_, address := launch(t, build(t), "DATABASE_URL="+dsn)
	race(t, k, testkit.Private, func(b *testkit.Browser) {
		r, err := http.NewRequest(http.MethodPost, address+"/logout", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", "latchkey="+b.Cookie("latchkey"))
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusSeeOther {
			t.Fatal(resp.Status)
		}
	}, nothing)
}

// operator runs the program on the database, as an operator does while the site is served.
func operator(t *testing.T, program, dsn string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = t.TempDir(), []string{"DATABASE_URL=" + dsn}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", args, err, out)
	}
}

func TestDisabledByACommandIsSeenByTheNextRequest(t *testing.T) {
	program, dsn := build(t), testkit.SQLite(t)
	k := testkit.Start(t, append(manyLogins, "DATABASE_URL="+dsn)...)
	k.Browser().LogInAs("ann@example.org")
	race(t, k, testkit.Private,
		func(*testkit.Browser) { operator(t, program, dsn, "user", "disable", "ann@example.org") },
		func(*testkit.Browser) { operator(t, program, dsn, "user", "enable", "ann@example.org") })
}

func TestRoleChangedByACommandIsSeenByTheNextRequest(t *testing.T) {
	program, dsn := build(t), testkit.SQLite(t)
	k := testkit.Start(t, append(manyLogins, "DATABASE_URL="+dsn)...)
	k.Browser().LogInAs("ann@example.org")
	promote := func(*testkit.Browser) { operator(t, program, dsn, "user", "role", "ann@example.org", "admin") }
	promote(nil)
	race(t, k, testkit.AdminOnly,
		func(*testkit.Browser) { operator(t, program, dsn, "user", "role", "ann@example.org", "none") }, promote)
}
