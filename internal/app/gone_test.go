package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

// A site whose database file was removed, or replaced by a copy, says so and takes nothing that would be lost.
func TestAFileThatWasReplacedUnderTheSite(t *testing.T) {
	for name, do := range map[string]func(t *testing.T, file string){
		"removed": func(t *testing.T, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		},
		"replaced": func(t *testing.T, file string) { // as an editor, rsync or a careless restore does
			content := read(t, file)
			if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(file+".new", file); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dsn := "sqlite:" + filepath.Join(t.TempDir(), "app.db")
			k := testkit.Start(t, "DATABASE_URL="+dsn)
			ann := k.Browser().LogInAs("ann@example.org")
			if p := ann.Post(testkit.Private, "title", "Before"); p.Status != 303 {
				t.Fatal(p)
			}
			ann.Get("/account") // with its messages, which are taken
			do(t, strings.TrimPrefix(dsn, "sqlite:"))
			if p := ann.Post(testkit.Private, "title", "Lost"); p.Status != 503 || p.Header.Get("Retry-After") == "" {
				t.Errorf("a form: %s", p)
			}
			k.Browser().Post("/register", "email", "bob@example.org", "password", testkit.Password).Expect(t, 503)
			for path, want := range map[string]int{"/readyz": 503, "/healthz": 200, testkit.Private: 200} {
				if p := ann.Get(path); p.Status != want {
					t.Errorf("%s: %s, want %d", path, p, want)
				}
			}
			if got := strings.Count(k.Log.String(), "event=database.file"); got != 1 {
				t.Errorf("logged %d times", got)
			}
		})
	}
}

// The whole site behind a pooler in transaction mode, whose transactions change their connections all the time.
func TestTheSiteBehindAPooler(t *testing.T) {
	dsn := "DATABASE_URL=" + pgtest.PgBouncer(t, pgtest.URL(t)) + "&default_query_exec_mode=cache_describe"
	k := testkit.Start(t, dsn)
	sites := []*testkit.Kit{k, k.Another(), k.Another()}
	var all sync.WaitGroup
	for i := range 9 {
		all.Go(func() {
			b := sites[i%3].Browser().LogInAs(fmt.Sprintf("user%d@example.org", i))
			for n := range 5 {
				if p := b.Post(testkit.Private, "title", fmt.Sprint("Note ", n)); p.Status != 303 {
					t.Errorf("user %d, note %d: %s", i, n, p)
				}
				for _, path := range []string{"/", testkit.Private, "/account", "/account/devices", "/account/activity", "/privacy"} {
					if p := b.Get(path); p.Status != 200 {
						t.Errorf("user %d: %s %s", i, path, p)
					}
				}
			}
			if p := b.Post("/account/export"); p.Status != 200 {
				t.Errorf("user %d: export %s", i, p)
			}
			if p := b.Post("/logout"); p.Status != 303 {
				t.Errorf("user %d: log out %s", i, p)
			}
			if p := b.Get(testkit.Private); p.Status != 303 {
				t.Errorf("user %d: after log out %s", i, p)
			}
		})
	}
	all.Wait()
	if got := k.Count(`SELECT count(*) FROM testkit_texts`); got != 45 {
		t.Errorf("%d texts", got)
	}
	if err := k.App.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	for _, site := range sites {
		if strings.Contains(site.Log.String(), "level=ERROR") {
			t.Errorf("%s", site.Log)
		}
	}
}
