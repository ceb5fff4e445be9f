package app_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

// TestADatabaseThatIsAway holds what is answered meanwhile: that it is our fault and will pass, and nothing false.
func TestADatabaseThatIsAway(t *testing.T) {
	server := pgtest.StartServer(t)
	k := testkit.Start(t, "DATABASE_URL="+server.URL(t))
	cookie := "Cookie: latchkey=" + k.Browser().LogInAs("ann@example.org").Cookie("latchkey")
	const nobody = "Cookie: none"
	type request struct{ method, path, body, cookie string }
	readyz, account := request{"GET", "/readyz", "", nobody}, request{"GET", "/account", "", cookie}
	try := func(r request, status int) {
		t.Helper()
		resp := ask(t, r.method, k.URL+r.path, strings.NewReader(r.body), "Accept: text/html", formType, r.cookie)
		if resp.StatusCode != status || (resp.Header.Get("Retry-After") != "") != (status == 503) {
			t.Errorf("%s %s: %d, Retry-After %q, want %d", r.method, r.path, resp.StatusCode, resp.Header.Get("Retry-After"), status)
		}
		if missing := lacks(resp.Header, false); len(missing) > 0 || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s %s (%d) lacks %v, or has a cookie: %v", r.method, r.path, status, missing, resp.Header)
		}
	}
	try(readyz, 200)
	server.Stop()
	for r, status := range map[request]int{
		readyz:  503,
		account: 503,
		{"POST", testkit.Private, "title=x", cookie}: 503,
		{"POST", "/theme", "theme=dark", nobody}:     503, // cannot be kept
		{"POST", "/theme", "theme=auto", nobody}:     303, // nothing to keep
		{"GET", "/", "", nobody}:                     200, // a visitor who cannot be remembered is still a visitor
		{"GET", "/healthz", "", nobody}:              200,
		{"GET", "/static/app.css", "", cookie}:       200,
		{"GET", "/robots.txt", "", cookie}:           200,
		{"GET", "/static/none", "", cookie}:          404,
		{"GET", "/nowhere", "", nobody}:              404,
		{"POST", "/theme", "theme=%00", cookie}:      422,
	} {
		try(r, status)
	}
	server.Start()
	try(readyz, 200)
	try(account, 200)
}

// TestADatabaseThatIsHeldUp holds that a statement does not wait for ever: somebody else keeps a lock, and every form
// is answered while it is still kept. The wait is 5 s.
func TestADatabaseThatIsHeldUp(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 5 seconds; not with -short")
	}
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, dsn string) {
		t.Parallel()
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		ann := k.Browser().LogInAs("ann@example.org")
		ann.Get("/account")                  // with its welcome, which is taken
		lock, read := `BEGIN IMMEDIATE`, 200 // readers wait for nobody
		if testkit.Postgres(dsn) {
			lock, read = `BEGIN; LOCK TABLE testkit_texts IN ACCESS EXCLUSIVE MODE`, 503
		}
		other, err := testkit.Another(t, dsn).Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.ExecContext(t.Context(), lock); err != nil {
			t.Fatal(err)
		}

		var wg sync.WaitGroup
		for range 8 { // those who wait for the connection must not wait one after the other
			wg.Go(func() {
				if p := ann.Post(testkit.Private, "title", "Held up"); p.Status != 503 || p.Header.Get("Retry-After") == "" || !p.Says("try again") {
					t.Errorf("a form: %s", p)
				}
			})
		}
		wg.Go(func() {
			if p := ann.Get(testkit.Private); p.Status != read {
				t.Errorf("a page: %s", p)
			}
		})
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(30 * time.Second): // eight, one after the other, take 40 s
			t.Fatal("they wait as long as the lock is held")
		}

		if _, err := other.ExecContext(t.Context(), `ROLLBACK`); err != nil {
			t.Fatal(err)
		}
		if p := ann.Post(testkit.Private, "title", "Afterwards"); p.Status != 303 || k.Count(`SELECT count(*) FROM testkit_texts`) != 1 {
			t.Errorf("afterwards: %s, and %d texts", p, k.Count(`SELECT count(*) FROM testkit_texts`))
		}
	})
}
