package login_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

const proxy = "TRUSTED_PROXIES=127.0.0.0/8"

// at returns a new browser at a client address.
func at(k *testkit.Kit, address string) *testkit.Browser {
	b := k.Browser()
	b.Header.Set("X-Forwarded-For", address)
	return b
}

// waiting returns once this many wait for a hash, or a minute has passed.
func waiting(t *testing.T, k *testkit.Kit, n int) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); k.App.Hasher.Waiting() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%d wait, want %d", k.App.Hasher.Waiting(), n)
		}
	}
}

// One address with right passwords: it gets two places, whatever it sends, and everybody else gets in.
func TestOneAddressTakesTwoPlacesOfTheQueue(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		accounts := []string{"m1@example.org", "m2@example.org", "m3@example.org"}
		for _, email := range append(accounts, ada, ben) {
			testkit.Add(t, k, email)
		}
		known := at(k, "203.0.113.66").LogIn(ben) // who shares the address with the attacker
		release := k.App.Hasher.Hold()
		var wg sync.WaitGroup
		var refused atomic.Int64
		for i := range 20 {
			b := at(k, "203.0.113.66")
			wg.Go(func() {
				if b.Post("/login", "email", accounts[i%3], "password", testkit.Password).Status == http.StatusServiceUnavailable {
					refused.Add(1)
				}
			})
		}
		waiting(t, k, 2)
		for limit := time.Now().Add(time.Minute); refused.Load() < 18 && time.Now().Before(limit); time.Sleep(time.Millisecond) {
		}
		for email, b := range map[string]*testkit.Browser{ada: at(k, "203.0.113.1"), ben: known} {
			wg.Go(func() {
				if p := b.Post("/login", "email", email, "password", testkit.Password); p.Status != http.StatusSeeOther {
					t.Errorf("%s: %s", email, p)
				}
			})
		}
		waiting(t, k, 4)
		release()
		wg.Wait()
		if refused.Load() != 18 {
			t.Errorf("%d of 20 were refused, want 18", refused.Load())
		}
	}, proxy)
}

// A flood from many addresses takes every place of strangers. A known browser, and who is logged in, has places of its own.
func TestAFloodFromManyAddressesLeavesPlacesForKnownBrowsers(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		own := at(k, "198.51.100.1").Register(ada)
		in := own.Copy()
		in.Header.Set("X-Forwarded-For", "198.51.100.2")
		in.SetCookie(knownCookie, "") // its session tells enough
		own.SetCookie("latchkey", "")
		release := k.App.Hasher.Hold()
		var wg sync.WaitGroup
		for i := range 16 {
			b := at(k, fmt.Sprintf("203.0.113.%d", i))
			wg.Go(func() { b.Post("/login", "email", fmt.Sprint(i, "@example.org"), "password", wrong) })
		}
		waiting(t, k, 16)
		stranger := at(k, "192.0.2.1")
		forged := at(k, "192.0.2.2") // a cookie of the right form that nobody knows
		forged.SetCookie(knownCookie, strings.Repeat("A", 43))
		for name, b := range map[string]*testkit.Browser{"a stranger": stranger, "a forged cookie": forged} {
			for path, fields := range map[string][]string{"/login": nil, "/register": {"name", "x"}} {
				p := b.Post(path, append(fields, "email", "new@example.org", "password", testkit.Password)...)
				if p.Status != http.StatusServiceUnavailable || p.Header.Get("Retry-After") == "" {
					t.Errorf("%s, %s: %s", name, path, p)
				}
			}
		}
		wg.Go(func() {
			own.Post("/login", "email", ada, "password", testkit.Password).Expect(t, http.StatusSeeOther)
		})
		wg.Go(func() {
			in.Post("/confirm", "password", testkit.Password).Expect(t, http.StatusSeeOther)
		})
		waiting(t, k, 18)
		release()
		wg.Wait()
	}, proxy)
}

// The same with a processor that really works, and a flood that goes on.
func TestAKnownBrowserGetsInDuringAFlood(t *testing.T) {
	k := testkit.Start(t, proxy, "BCRYPT_COST=8", "LIMIT_LOGIN_ADDRESS=100000")
	own := at(k, "198.51.100.1").Register(ada)
	own.SetCookie("latchkey", "")
	done := make(chan struct{})
	var wg sync.WaitGroup
	var tested, refused atomic.Int64
	for i := range 40 {
		b := at(k, fmt.Sprintf("203.0.113.%d", i))
		wg.Go(func() {
			for n := 0; n < 1000; n++ {
				select {
				case <-done:
					return
				default:
				}
				switch b.Post("/login", "email", fmt.Sprint(i, "x", n, "@example.org"), "password", wrong).Status {
				case http.StatusUnprocessableEntity:
					tested.Add(1)
				case http.StatusServiceUnavailable:
					refused.Add(1)
				}
			}
		})
	}
	for limit := time.Now().Add(time.Minute); refused.Load() == 0 && time.Now().Before(limit); time.Sleep(time.Millisecond) {
	}
	for range 5 {
		own.Post("/login", "email", ada, "password", testkit.Password).Expect(t, http.StatusSeeOther)
		own.SetCookie("latchkey", "")
	}
	close(done)
	wg.Wait()
	t.Logf("in a flood of which %d were tested and %d refused", tested.Load(), refused.Load())
	if refused.Load() == 0 {
		t.Error("it was no flood")
	}
}

// Hashing is limited by address, right or wrong, and nothing is given back. Whoever is known has some of their own.
func TestHashingIsLimitedByAddress(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		own := k.Browser().Register(ada) // 1
		in := own.Copy()
		own.SetCookie("latchkey", "")
		k.Browser().LogIn(ada)                                                                                                 // 2
		testkit.Guess(k.Browser(), "nobody@example.org", 1)                                                                    // 3
		k.Browser().Post("/register", "email", ben, "password", testkit.Password).Expect(t, http.StatusSeeOther)               // 4
		in.Post("/confirm", "password", wrong).Expect(t, http.StatusUnprocessableEntity)                                       // 5
		in.Post("/account/password", "current", testkit.Password, "password", testkit.Password).Expect(t, http.StatusSeeOther) // 6, 7
		reset := k.Browser()
		reset.Post("/password/forgot", "email", ben)
		testkit.Press(t, reset, k.Mail(ben), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther) // 8
		for path, fields := range map[string][]string{"/login": {"email", ada}, "/register": {"email", "eve@example.org"}} {
			if p := k.Browser().Post(path, append(fields, "password", testkit.Password)...); !testkit.Limited(p) {
				t.Errorf("the ninth hash, %s: %s", path, p)
			}
		}
		own.SetCookie(knownCookie, in.Cookie(knownCookie)) // the change of password made the old one unknown
		own.LogIn(ada)
		in.Post("/confirm", "password", testkit.Password).Expect(t, http.StatusSeeOther)
		k.Clock.Advance(15 * time.Minute)
		k.Browser().LogIn(ada)
	}, "LIMIT_HASH_ADDRESS=8")
}

func TestTheDefaultOfTheLimitOnHashing(t *testing.T) {
	k := testkit.Start(t, "LIMIT_HASH_ADDRESS=60")
	for i := range 61 {
		if p := k.Browser().Post("/login", "email", fmt.Sprint(i, "@example.org"), "password", wrong); testkit.Limited(p) != (i == 60) {
			t.Errorf("%d: %s", i, p)
		}
	}
}

// Somebody who is in by a stolen password guesses at /confirm: that takes their own tries, not the owner's.
func TestConfirmCountsByLogin(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		own, thief := k.Browser().Register(ada), k.Browser().LogIn(ada)
		for range 10 {
			thief.Post("/confirm", "password", wrong)
		}
		if p := thief.Post("/confirm", "password", testkit.Password); !testkit.Limited(p) {
			t.Errorf("the thief: %s", p)
		}
		own.Post("/confirm", "password", testkit.Password).Expect(t, http.StatusSeeOther)
	})
}

// An account from before BCRYPT_COST was lowered: nobody's password costs as much as its own, from the start.
func TestTheHighestCostOfTheTableIsAskedAtTheStart(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for _, long := range []bool{false, true} {
			b := k.Browser()
			password := testkit.Password
			if long {
				password = strings.Repeat(password, 3)
			}
			email := fmt.Sprint(long, "@example.org")
			b.Post("/register", "email", email, "password", password).Expect(t, http.StatusSeeOther)
			k.Exec(`UPDATE users SET password_hash = replace(password_hash, '$2a$04$', '$2a$0' || $1 || '$') WHERE email = $2`, map[bool]string{false: "6", true: "7"}[long], email)
			highest, err := k.App.Users.HighestCost(t.Context())
			if want := map[bool]int{false: 6, true: 7}[long]; err != nil || highest != want {
				t.Errorf("long %v: %d (%v), want %d", long, highest, err, want)
			}
		}
		k.Exec(`UPDATE users SET password_hash = 'junk'`)
		if highest, err := k.App.Users.HighestCost(t.Context()); err != nil || highest != 0 {
			t.Errorf("without any: %d (%v)", highest, err)
		}
	})
}
