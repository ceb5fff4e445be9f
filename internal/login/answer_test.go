package login_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// What names somebody must not come back from a cache, also a page that is open to all.
func TestPagesOfWhoIsLoggedInAreNotStored(t *testing.T) {
	k := testkit.Start(t)
	b, guest := k.Browser().Register(ada), k.Browser()
	guest.Get("/")
	for _, path := range []string{"/", "/privacy", "/password/forgot", "/account", "/account/devices", "/account/email", testkit.Private, testkit.Private + "/none", "/login"} {
		if got := b.Get(path).Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s, logged in: %q", path, got)
		}
	}
	for path, want := range map[string]string{"/": "private, no-cache", "/login": "private, no-cache", testkit.Private: "no-store", "/account": "no-store"} {
		if got := guest.Get(path).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s, a guest: %q, want %q", path, got, want)
		}
	}
}

// A database that fails says nothing about addresses and passwords.
func TestAFailingDatabaseIsNoAnswerToAForm(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		forms := map[string][]string{
			"/register":        {"email", ben, "password", testkit.Password},
			"/login":           {"email", ada, "password", testkit.Password},
			"/password/forgot": {"email", ada},
		}
		k.Exec(`ALTER TABLE users RENAME TO gone`)
		for path, fields := range forms {
			if p := k.Browser().Post(path, fields...); p.Status < 500 || p.Says("There is an account") || p.Says("do not match") {
				t.Errorf("%s: %s", path, p)
			}
		}
		k.Exec(`ALTER TABLE gone RENAME TO users`)
		k.Exec(`ALTER TABLE users RENAME COLUMN registered_by TO gone`) // found out only when the account is made
		if p := k.Browser().Post("/register", forms["/register"]...); p.Status < 500 {
			t.Errorf("making the account: %s", p)
		}
		k.Exec(`ALTER TABLE users RENAME COLUMN gone TO registered_by`)
		if !testkit.LoggedIn(b) {
			t.Error("and afterwards nobody is logged in")
		}
	})
}

func TestAClientThatGoesAwayAlarmsNobody(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		for _, c := range []struct {
			method, path string
			form         url.Values
		}{
			{"GET", "/", nil},
			{"GET", "/account", nil},
			{"GET", "/account/activity", nil},
			{"GET", testkit.Private, nil},
			{"GET", "/privacy", nil},
			{"GET", "/nowhere", nil},
			{"POST", testkit.Private, url.Values{"title": {"x"}}},
			{"POST", "/confirm", url.Values{"password": {testkit.Password}}},
			{"POST", "/login", url.Values{"email": {ben}, "password": {wrong}}},
			{"POST", "/password/forgot", url.Values{"email": {ada}}},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			r := httptest.NewRequestWithContext(ctx, c.method, k.URL+c.path, strings.NewReader(c.form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(&http.Cookie{Name: "latchkey", Value: b.Cookie("latchkey")})
			k.App.ServeHTTP(httptest.NewRecorder(), r)
			if log := k.Log.String(); strings.Contains(log, "level=ERROR") {
				_, line, _ := strings.Cut(log, "level=ERROR")
				t.Fatalf("%s %s: %.300s", c.method, c.path, line)
			}
		}
	})
}
