package login_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

func TestGuessingIsLimited(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		for _, email := range []string{ada, "unknown@example.org"} { // identical for both
			b := k.Browser()
			if got := testkit.Guess(b, email, 12); got != 10 {
				t.Errorf("%s: %d guesses were tested, want 10", email, got)
			}
			p := b.Post("/login", "email", email, "password", testkit.Password)
			after, err := strconv.Atoi(p.Header.Get("Retry-After"))
			if p.Status != http.StatusTooManyRequests || err != nil || after < 1 || after > 90 {
				t.Errorf("%s: %s, Retry-After %q", email, p, p.Header.Get("Retry-After"))
			}
		}
		k.Clock.Advance(15 * time.Minute)
		k.Browser().LogIn(ada)
	})
}

func TestParallelGuessesCount(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		var tested atomic.Int64
		var wg sync.WaitGroup
		for range 5 {
			b := k.Browser()
			wg.Go(func() { tested.Add(int64(testkit.Guess(b, ada, 5))) })
		}
		wg.Wait()
		if tested.Load() != 10 {
			t.Errorf("%d guesses were tested, want 10", tested.Load())
		}
	})
}

func TestASuccessGivesBackJustItsOwn(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Register(ada)
	testkit.Guess(k.Browser(), ada, 9)
	for range 3 {
		k.Browser().LogIn(ada) // each takes the tenth and gives it back
	}
	if got := testkit.Guess(k.Browser(), ada, 3); got != 1 {
		t.Errorf("%d guesses after a success, want the 1 that was left", got)
	}
}

// TestTheRightPasswordOfADisabledAccountIsAWrongOne holds that its tries count, too: else whoever guesses would see by them which one
// is right.
func TestTheRightPasswordOfADisabledAccountIsAWrongOne(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Register(ada)
	k.Exec(`UPDATE users SET disabled_at = 1`)
	try := func() testkit.Page {
		return testkit.Patiently(func() testkit.Page { return k.Browser().Post("/login", "email", ada, "password", testkit.Password) })
	}
	for range 10 {
		try().Expect(t, http.StatusUnprocessableEntity)
	}
	try().Expect(t, http.StatusTooManyRequests)
}

func TestAKnownBrowserIsNotLockedOut(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		own := k.Browser().Register(ada)
		own.Post("/logout")
		if own.Cookie("latchkey_known") == "" {
			t.Fatal("the browser is not known after log out")
		}
		testkit.Guess(k.Browser(), ada, 15)
		k.Browser().Post("/login", "email", ada, "password", testkit.Password).Expect(t, http.StatusTooManyRequests)
		own.LogIn(ada).Post("/logout")
		if got := testkit.Guess(own, ada, 12); got != 10 {
			t.Errorf("a known browser has %d tries of its own, want 10", got)
		}
	})
}

func TestEraseMakesTheBrowserUnknown(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		p := b.Post("/privacy/erase")
		if p.Status != http.StatusSeeOther || p.To != "/privacy" || b.Cookie("latchkey") != "" || b.Cookie("latchkey_known") != "" {
			t.Errorf("%s %s %q", p, p.To, b.Cookie("latchkey"))
		}
		for _, table := range []string{"known_browsers", "logins", "sessions"} {
			if got := k.Count(`SELECT count(*) FROM ` + table); got != 0 {
				t.Errorf("%d rows in %s", got, table)
			}
		}
		if page := b.Get("/privacy"); !page.Says("Nothing.") || b.Cookie("latchkey") != "" {
			t.Error("looking what is kept makes something kept")
		}
	})
}

func TestWhoseAddressCounts(t *testing.T) {
	for _, c := range []struct {
		name, proxies, first, second string
		together                     bool
	}{
		{"no proxy is trusted: the header is ignored", "", "203.0.113.1", "203.0.113.2", true},
		{"a trusted proxy tells clients apart", "127.0.0.0/8", "203.0.113.1", "203.0.113.2", false},
		{"an IPv6 /64 is one client", "127.0.0.0/8", "2001:db8::1", "2001:db8::2", true},
		{"the rightmost untrusted entry counts", "127.0.0.0/8,10.0.0.0/8", "1.1.1.1, 203.0.113.1, 10.0.0.7", "2.2.2.2, 203.0.113.1", true},
		{"left of junk nothing is believed", "127.0.0.0/8", "203.0.113.1, junk", "203.0.113.2, junk", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := testkit.Start(t, "TRUSTED_PROXIES="+c.proxies)
			first, second := k.Browser(), k.Browser()
			first.Header.Set("X-Forwarded-For", c.first)
			second.Header.Set("X-Forwarded-For", c.second)
			testkit.Guess(first, ada, 10)
			if got := testkit.Guess(second, ada, 1) == 0; got != c.together {
				t.Errorf("one bucket: %v, want %v", got, c.together)
			}
		})
	}
}

func TestChangingThePasswordEndsTheOtherLogins(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		other, token := k.Browser().LogIn(ada, "remember", "1"), b.Cookie("latchkey")
		if p := b.Post("/account/password", "current", wrong, "password", "a wholly new pass phrase"); p.Status != 422 || !p.Says("not your current password") {
			t.Errorf("wrong current: %s", p)
		}
		if p := b.Post("/account/password", "current", testkit.Password, "password", "a wholly new pass phrase"); p.To != "/account/devices" {
			t.Fatal(p)
		}
		if !testkit.LoggedIn(b) || testkit.LoggedIn(other) || b.Cookie("latchkey") == token {
			t.Error("this browser stays with a new token, the others end")
		}
		k.Browser().Post("/login", "email", ada, "password", testkit.Password).Expect(t, 422)
	})
}

func TestDevices(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		phone := k.Browser()
		phone.Header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1")
		phone.LogIn(ada)
		third := k.Browser().LogIn(ada)
		eve := k.Browser().Register("eve@example.org")

		p := b.Get("/account/devices")
		if !p.Says("Firefox on Linux") || !p.Says("Safari on iOS") || !p.Says("127.0.0.x") || !p.Says("This browser") {
			t.Errorf("the list: %s", p.Body)
		}
		id := k.Text(`SELECT id FROM logins WHERE user_agent LIKE '%iPhone%'`)
		if p := eve.Post("/account/devices/" + id + "/end"); p.Status != http.StatusNotFound || !testkit.LoggedIn(phone) {
			t.Errorf("somebody else's login: %s", p)
		}
		if p := b.Post("/account/devices/" + id + "/end"); p.To != "/account/devices" || testkit.LoggedIn(phone) || !testkit.LoggedIn(third) {
			t.Errorf("end one: %s", p)
		}
		if p := b.Post("/account/devices/end-others"); p.Status != http.StatusSeeOther || testkit.LoggedIn(third) || !testkit.LoggedIn(b) || !testkit.LoggedIn(eve) {
			t.Errorf("end others: %s", p)
		}
	})
}

func TestConfirmMakesFresh(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		k.Clock.Advance(16 * time.Minute)
		before, token := k.Count(`SELECT fresh_at / 1000 FROM logins`), b.Cookie("latchkey")
		b.Post("/confirm", "password", wrong, "next", testkit.Private).Expect(t, 422)
		if p := b.Post("/confirm", "password", testkit.Password, "next", "//evil.example"); p.To != "/account" {
			t.Errorf("leads to %s", p.To)
		}
		if k.Count(`SELECT fresh_at / 1000 FROM logins`) < before+16*60 || b.Cookie("latchkey") == token || !testkit.LoggedIn(b) {
			t.Error("the login is not fresh under a new token")
		}
	})
}
