package known_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// post sends a form with these cookies, in this order, and no others.
func post(t *testing.T, k *testkit.Kit, cookies []string, path string, fields ...string) testkit.Page {
	t.Helper()
	b := k.Browser()
	b.Header.Set("Cookie", strings.Join(cookies, "; "))
	return b.Post(path, fields...)
}

func known(tokens ...string) (cookies []string) {
	for _, token := range tokens {
		cookies = append(cookies, knownCookie+"="+token)
	}
	return cookies
}

// Two cookies of known browsers come after COOKIE_DOMAIN was changed, or when another host of the domain planted one.
func TestEachCookieOfKnownBrowsersCounts(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		planted, junk := strings.Repeat("A", 43), "junk"
		for i := range 4 {
			b := k.Browser().LogInAs(ada)
			token := b.Cookie(knownCookie)
			all := [][]string{{planted, token}, {token, planted}, {junk, token}, {planted, strings.Repeat("E", 43), junk, token}}[i]
			testkit.Guess(k.Browser(), ada, 15) // a stranger's bucket is empty
			p := post(t, k, known(all...), "/login", "email", ada, "password", testkit.Password).Expect(t, http.StatusSeeOther)
			c := p.SetCookie(knownCookie)
			for _, set := range p.Header.Values("Set-Cookie") { // the last is ours
				if parsed, err := http.ParseSetCookie(set); err == nil && parsed.Name == knownCookie {
					c = parsed
				}
			}
			if c == nil || c.MaxAge <= 0 || c.Domain != "" || slices.Contains(all, c.Value) && len(all) > 2 {
				t.Fatalf("%d: the cookie is %v", i, c)
			}
			// By the new one it is known, and by none of the old.
			post(t, k, known(c.Value), "/login", "email", ada, "password", testkit.Password).Expect(t, http.StatusSeeOther)
			for _, old := range all {
				if old == c.Value {
					continue
				}
				if p := post(t, k, known(old), "/login", "email", ada, "password", testkit.Password); !testkit.Limited(p) {
					t.Errorf("%d: %.8s is known: %s", i, old, p)
				}
			}
			if slices.Contains(testkit.Subjects(k, ada)[min(i, 1):], "New login to your account") && i == 0 {
				t.Errorf("%d: a new browser", i)
			}
			k.Exec(`DELETE FROM rate_limits`)
		}
	}, "LIMIT_LOGIN_ADDRESS=1000")
}

// The bucket of tries is the known token's: who adds another cookie to each try gets none of its own.
func TestMoreCookiesAreNotMoreTries(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		token := k.Browser().Register(ada).Cookie(knownCookie)
		tested := 0
		for i := range 15 {
			other := fmt.Sprintf("%042dA", i)
			both := [][]string{{other, token}, {token, other}}[i%2]
			if post(t, k, known(both...), "/login", "email", ada, "password", wrong).Status == http.StatusUnprocessableEntity {
				tested++
			}
		}
		if tested != 10 {
			t.Errorf("%d tries, want 10", tested)
		}
	})
}

// What is not ours of several cookies goes with the answer; a page with one cookie is left alone.
func TestStrayCookiesOfKnownBrowsersAreExpired(t *testing.T) {
	k := testkit.Start(t, "BASE_URL=http://app.example.org")
	token := strings.Repeat("A", 43)
	get := func(cookies []string) (expired []string, p testkit.Page) {
		b := k.Browser()
		b.Header.Set("Cookie", strings.Join(cookies, "; "))
		r, err := http.NewRequest(http.MethodGet, k.URL+"/password/forgot", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "app.example.org"
		p = b.Do(r)
		for _, set := range p.Header.Values("Set-Cookie") {
			if c, err := http.ParseSetCookie(set); err == nil && c.Name == knownCookie {
				if c.MaxAge != -1 || c.Domain == "" {
					t.Errorf("%s", set)
				}
				expired = append(expired, c.Domain+c.Path)
			}
		}
		return expired, p
	}
	expired, p := get(known(token, strings.Repeat("E", 43)))
	for _, want := range []string{"example.org/", "app.example.org/", "example.org/password", "app.example.org/password/forgot"} {
		if !slices.Contains(expired, want) {
			t.Errorf("%s stays; gone are %v", want, expired)
		}
	}
	if p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control: %s", p.Header.Get("Cache-Control"))
	}
	if expired, _ := get(known(token)); len(expired) > 0 {
		t.Errorf("one cookie: %v", expired)
	}
}

func TestEraseForgetsEachCookieOfKnownBrowsers(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		one, two := k.Browser().Register(ada), k.Browser().Register(ben)
		p := post(t, k, known(one.Cookie(knownCookie), two.Cookie(knownCookie)), "/privacy/erase").Expect(t, http.StatusSeeOther)
		if n := k.Count(`SELECT count(*) FROM known_browsers`); n != 0 {
			t.Errorf("%d are known", n)
		}
		if c := p.SetCookie(knownCookie); c == nil || c.MaxAge != -1 {
			t.Errorf("%v", c)
		}
	})
}

// The cookie is for this host alone, with https by a name that no other host can set (RFC 6265bis, 4.1.3.2).
func TestTheCookieOfKnownBrowsersIsForThisHostAlone(t *testing.T) {
	for base, name := range map[string]string{"https://app.example.org": "__Host-latchkey_known", "http://app.example.org": "latchkey_known"} {
		k := testkit.Start(t, "BASE_URL="+base, "COOKIE_DOMAIN=example.org")
		b := k.Browser()
		r, err := http.NewRequest(http.MethodPost, k.URL+"/register", strings.NewReader("email=ada@example.org&password="+strings.ReplaceAll(testkit.Password, " ", "+")))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "app.example.org"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", base)
		p := b.Do(r).Expect(t, http.StatusSeeOther)
		c := p.SetCookie(name)
		if c == nil || c.Domain != "" || c.Path != "/" || !c.HttpOnly || c.Secure != strings.HasPrefix(base, "https") {
			t.Errorf("%s: %v", base, p.Header.Values("Set-Cookie"))
		}
	}
}

// A thief's browser does not stay known when the owner ends what the owner did not begin.
func TestEndingTheOthersMakesTheirBrowsersUnknown(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for how, fields := range map[string][]string{
			"/account/devices/end-others": nil,
			"/account/password":           {"current", testkit.Password, "password", testkit.Password},
		} {
			k.Exec(`DELETE FROM users`)
			k.Exec(`DELETE FROM rate_limits`)
			own := k.Browser().Register(ada)
			thief, copied := k.Browser().LogIn(ada), own.Copy()
			own.Post(how, fields...).Expect(t, http.StatusSeeOther)
			own.Post("/logout")
			testkit.Guess(k.Browser(), ada, 15)
			for name, b := range map[string]*testkit.Browser{"the other browser": thief, "a copy of this browser's cookie": copied} {
				if p := b.Post("/login", "email", ada, "password", testkit.Password); !testkit.Limited(p) {
					t.Errorf("%s: %s is still known: %s", how, name, p)
				}
			}
			own.LogIn(ada)
		}
		// By an operator there is no browser to be left out.
		u, err := k.App.Users.ByEmail(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.App.Operator.EndLogins(t.Context(), u.ID); err != nil || k.Count(`SELECT count(*) FROM known_browsers`) != 0 {
			t.Errorf("%d are known (%v)", k.Count(`SELECT count(*) FROM known_browsers`), err)
		}
	})
}

// At most 100 browsers are known to an account, however few of them are logged in.
func TestTheOldestKnownBrowserGoes(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		first := k.Browser().Register(ada)
		first.Post("/logout")
		id := k.Text(`SELECT id FROM users`)
		for i := range 98 {
			k.Exec(`INSERT INTO known_browsers (token_hash, user_id, created_at, expires_at) SELECT $1, $2, created_at, expires_at + 1 FROM known_browsers ORDER BY expires_at LIMIT 1`,
				fmt.Sprintf("%064d", i), id)
		}
		hash := k.Text(`SELECT token_hash FROM known_browsers ORDER BY expires_at LIMIT 1`)
		for i, want := range []int{1, 0} { // the 100th, the 101st
			b := k.Browser().LogIn(ada)
			if n := k.Count(`SELECT count(*) FROM known_browsers WHERE token_hash = $1`, hash); n != want || k.Count(`SELECT count(*) FROM known_browsers`) != 100 {
				t.Errorf("browser %d: the first is known: %d; %d in all", 100+i, n, k.Count(`SELECT count(*) FROM known_browsers`))
			}
			b.Post("/logout")
		}
	})
}
