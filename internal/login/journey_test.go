package login_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/views"
)

func TestRegisterLogsInUnderANewToken(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser()
		b.Get("/")
		thief := b.Copy() // knows the token from before
		p := b.Post("/register", "name", "Ada", "email", " Ada@Example.ORG ", "password", testkit.Password)
		if p.Status != http.StatusSeeOther || p.To != "/account" {
			t.Fatal(p)
		}
		if page := b.Get("/account"); !page.Says("Ada@Example.ORG") || !page.Says("Welcome.") {
			t.Errorf("account: %d %s", page.Status, page.Body)
		}
		if testkit.LoggedIn(thief) || thief.Get("/").SetCookie("latchkey") != nil {
			t.Error("the old token follows into the login, or gets a new cookie")
		}
		if p := b.Get("/"); !p.Says("2</b>") && !strings.Contains(p.Body, "<b>2</b>") {
			t.Error("what the visitor had before the log in is lost")
		}
		k.Browser().LogIn("ADA@example.org")
	})
}

func TestRegisterSaysWhatIsWrong(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Register(ada)
	for _, c := range []struct{ name, email, password, field, says string }{
		{"", "nonsense", testkit.Password, "email", "Write an e-mail address"},
		{"", "a@b@example.org", testkit.Password, "email", "Write an e-mail address"},
		{"", "a\r\nBcc: x@example.org", testkit.Password, "email", "Write an e-mail address"},
		{"", "b@example.org", "short", "password", "Use at least 15"},
		{"", "b@example.org", "password1234567", "password", "first that a guesser tries"},
		{"", "b@example.org", views.Site + "20261984", "password", ""}, // whatever the site is called
		{"", "quorvexia@example.org", "quorvexia-2026-7z", "password", "your address"},
		{"A\nB", "b@example.org", testkit.Password, "name", "one line"},
		{"", " ADA@example.org", testkit.Password, "email", "There is an account with this address"},
	} {
		p := k.Browser().Post("/register", "name", c.name, "email", c.email, "password", c.password)
		if p.Status != http.StatusUnprocessableEntity || !p.Says(c.says) || !strings.Contains(p.Body, `id="`+c.field+`-error"`) {
			t.Errorf("%q %q: %s, want %q", c.email, c.password, p, c.says)
		}
		if strings.Contains(p.Body, `value="`+c.password) {
			t.Error("the password is filled in again")
		}
	}
	if got := k.Count(`SELECT count(*) FROM users`); got != 1 {
		t.Errorf("%d users", got)
	}
}

func TestParallelRegistrationsOfOneAddressMakeOneAccount(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		var wg sync.WaitGroup
		var made, told atomic.Int64
		for range 12 {
			b := k.Browser()
			wg.Go(func() {
				switch p := testkit.Patiently(func() testkit.Page { return b.Post("/register", "email", ada, "password", testkit.Password) }); p.Status {
				case http.StatusSeeOther:
					made.Add(1)
				case http.StatusUnprocessableEntity:
					told.Add(1)
				default:
					t.Error(p)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 || told.Load() != 11 || k.Count(`SELECT count(*) FROM users`) != 1 {
			t.Errorf("%d made, %d told", made.Load(), told.Load())
		}
	})
}

func TestClosedRegistration(t *testing.T) {
	k := testkit.Start(t, "REGISTRATION=closed")
	b := k.Browser()
	if p := b.Post("/register", "email", ada, "password", testkit.Password); p.Status != http.StatusForbidden || k.Count(`SELECT count(*) FROM users`) != 0 {
		t.Error(p)
	}
	if p := b.Get("/"); strings.Contains(p.Body, `href="/register"`) {
		t.Error("the page leads to a closed door")
	}
}

func TestOneAnswerToEveryWrongLogIn(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		k.Browser().Register("ben@example.org")
		k.Exec(`UPDATE users SET disabled_at = 1 WHERE email = 'ben@example.org'`)
		var first string
		for _, email := range []string{ada, "ben@example.org", "eve@example.org"} {
			password := "wrong wrong wrong"
			if email == "ben@example.org" {
				password = testkit.Password
			}
			p := k.Browser().Post("/login", "email", email, "password", password)
			body := strings.ReplaceAll(p.Body, email, "…")
			if p.Status != http.StatusUnprocessableEntity || !p.Says("do not match") {
				t.Errorf("%s: %s", email, p)
			}
			if first == "" {
				first = body
			} else if body != first {
				t.Errorf("%s: another answer", email)
			}
		}
	})
}

func TestWhereALogInLeads(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Register(ada)
	for next, want := range map[string]string{
		"": "/account", testkit.Private + "?page=2": testkit.Private + "?page=2", "//evil.example": "/account", "https://evil.example/": "/account",
		`/\evil.example`: "/account", "/%2f/evil.example": "/account", "javascript:alert(1)": "/account",
	} {
		if p := k.Browser().Post("/login", "email", ada, "password", testkit.Password, "next", next); p.To != want {
			t.Errorf("next=%q leads to %q, want %q", next, p.To, want)
		}
	}
	p := k.Browser().Get(testkit.Private + "?page=2")
	if p.Status != http.StatusSeeOther || p.To != "/login?next=%2Ftestkit%2Fpage%3Fpage%3D2" {
		t.Errorf("a guest is sent to %s", p.To)
	}
	b := k.Browser().LogIn(ada)
	if p := b.Get("/login?next=" + testkit.Private); p.To != testkit.Private {
		t.Errorf("who is logged in is sent to %s", p.To)
	}
	if p := b.Get("/register?next=//evil.example"); p.To != "/" {
		t.Errorf("who is logged in is sent to %s", p.To)
	}
}

func TestLogOutIsFinal(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		other := k.Another()
		b := k.Browser().Register(ada)
		b.Post("/theme", "theme", "dark")
		if !testkit.LoggedIn(b.At(other)) {
			t.Fatal("another instance does not know the login")
		}
		old := b.Copy()
		p := b.Post("/logout")
		if p.Status != http.StatusSeeOther || p.To != "/" || p.Header.Get("Clear-Site-Data") != "" { // it costs seconds with a full cache
			t.Errorf("%s %v", p, p.Header)
		}
		if testkit.LoggedIn(b) || testkit.LoggedIn(old) || testkit.LoggedIn(old.At(other)) {
			t.Error("a login lives on")
		}
		old.Post(testkit.Private, "title", "x").Expect(t, http.StatusConflict)
		home := b.Get("/")
		if !strings.Contains(home.Body, `data-theme="dark"`) || !home.Says("once</b>") {
			t.Error("the theme belongs to the browser and stays, the count goes")
		}
		for who, b := range map[string]*testkit.Browser{"again": b, "old token": old, "stranger": k.Browser()} {
			if p := b.Post("/logout"); p.Status != http.StatusSeeOther || p.To != "/" {
				t.Errorf("%s: %s", who, p)
			}
		}
		if p := b.Get("/logout"); p.Status != http.StatusMethodNotAllowed || p.Header.Get("Allow") != "POST" {
			t.Errorf("GET: %s %v", p, p.Header)
		}
	})
}

func TestLimitsOfALogin(t *testing.T) {
	for _, c := range []struct {
		name     string
		remember bool
		step     time.Duration // between two requests
		steps    int
		alive    bool
	}{
		{"used within the hour", false, 50 * time.Minute, 20, true},
		{"idle for an hour", false, 61 * time.Minute, 1, false},
		{"older than a day", false, 50 * time.Minute, 29, false},
		{"remembered, idle for a week", true, 7 * 24 * time.Hour, 10, true},
		{"remembered, idle for 31 days", true, 31 * 24 * time.Hour, 1, false},
		{"remembered, older than 90 days", true, 20 * 24 * time.Hour, 5, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := testkit.Start(t)
			k.Browser().Register(ada)
			b := k.Browser()
			b.Post("/theme", "theme", "dark")
			if c.remember {
				b.LogIn(ada, "remember", "1")
			} else {
				b.LogIn(ada)
			}
			b.Get("/")
			alive := true
			for i := 0; i < c.steps && alive; i++ {
				if i%2 == 0 {
					k.Flush() // judged by the row, or by what waits to be written
				}
				k.Clock.Advance(c.step)
				alive = testkit.LoggedIn(b)
			}
			if alive != c.alive {
				t.Fatalf("alive: %v", alive)
			}
			if home := b.Get("/"); !alive && (!home.Says("once</b>") || !strings.Contains(home.Body, `data-theme="dark"`)) {
				t.Error("after the end the theme stays and the count goes")
			}
		})
	}
}

func TestTheJanitorEndsLoginsThatRanOut(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		b.Get("/")
		stays := k.Browser().LogIn(ada, "remember", "1")
		k.Flush()
		k.Clock.Advance(2 * time.Hour)
		if err := k.App.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := k.Count(`SELECT count(*) FROM logins`); got != 1 {
			t.Errorf("%d logins", got)
		}
		if testkit.LoggedIn(b) || !testkit.LoggedIn(stays) || !b.Get("/").Says("once</b>") {
			t.Error("the wrong one ended, or its data stayed")
		}
	})
}

func TestAuthorityIsReadOnEveryRequest(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for _, change := range []string{`UPDATE users SET disabled_at = 1`, `DELETE FROM logins`, `DELETE FROM users`} {
			b := k.Browser().LogInAs(ada)
			if !testkit.LoggedIn(b) {
				t.Fatal("not logged in")
			}
			k.Exec(change)
			if testkit.LoggedIn(b) {
				t.Errorf("%s is not seen", change)
			}
			k.Exec(`UPDATE users SET disabled_at = 0`)
		}
	})
}

func TestAPlantedTokenFollowsNobody(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		attacker := k.Browser()
		attacker.Get("/")
		victim := attacker.Copy()
		victim.LogIn(ada)
		if testkit.LoggedIn(attacker) || !testkit.LoggedIn(victim) || attacker.Get("/").Says(ada) {
			t.Error("the planted token shows the victim's pages")
		}
	})
}

func TestJSONClientsAreToldAndNotSent(t *testing.T) {
	b := testkit.Start(t).Browser()
	b.Header.Set("Accept", "application/json")
	if p := b.Get(testkit.Private); p.Status != http.StatusUnauthorized || p.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %s", p, p.Header.Get("Content-Type"))
	}
}

func TestHooks(t *testing.T) {
	k := testkit.Start(t)
	var events []string
	k.App.Login.AfterLogIn(func(_ context.Context, u user.User) { events = append(events, "in "+u.Email) })
	k.App.Login.AfterLogOut(func(_ context.Context, u user.User) { events = append(events, "out "+u.Email) })
	k.Browser().Register(ada).Post("/logout")
	k.Browser().Post("/logout")
	if got := strings.Join(events, ", "); got != "in "+ada+", out "+ada {
		t.Error(got)
	}
}

func TestLogsHoldNoSecret(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser()
	b.Get("/")
	before := b.Cookie("latchkey")
	b.Register(ada).Post("/login", "email", ada, "password", "another secret word")
	b.Get(testkit.Private + "?secret=in-the-address")
	log := k.Log.String()
	for _, secret := range []string{testkit.Password, "another secret", before, b.Cookie("latchkey"), b.Cookie("latchkey_known"), "in-the-address"} {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !regexp.MustCompile(`event=login.started`).MatchString(log) {
		t.Error("the log says nothing of the log in")
	}
}
