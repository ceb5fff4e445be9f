package secondfactor_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

const (
	step  = testkit.SecondStep
	setUp = "/account/security/second-factor"
)

// owner registers Ada, who has a second factor.
func owner(t *testing.T, k *testkit.Kit) *testkit.Browser {
	t.Helper()
	b := testkit.Verified(t, k, testkit.Ada)
	k.GiveFactor(testkit.Ada)
	return b
}

// half logs in as Ada by the password, in a new browser.
func half(t *testing.T, k *testkit.Kit, fields ...string) *testkit.Browser {
	t.Helper()
	b := k.Browser()
	first(t, b, fields...)
	return b
}

func first(t *testing.T, b *testkit.Browser, fields ...string) {
	t.Helper()
	b.Post("/login", append([]string{"email", testkit.Ada, "password", testkit.Password}, fields...)...).Expect(t, http.StatusSeeOther, step)
}

func second(b *testkit.Browser, fields ...string) testkit.Page {
	return b.Post(step, append([]string{"factor", "testkit", "word", testkit.Word}, fields...)...)
}

// guest expects that the browser has no rights at all.
func guest(t *testing.T, b *testkit.Browser) {
	t.Helper()
	for _, page := range []string{"/account", "/account/security", testkit.Private} {
		b.Get(page).Expect(t, http.StatusSeeOther)
	}
	if testkit.LoggedIn(b) {
		t.Error("half a log in opens pages")
	}
	b.Get("/login/status").ExpectText(t, http.StatusOK, `"in":false`)
}

func TestHalfALogInHasNoRights(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		before := k.Count(`SELECT count(*) FROM logins`)
		b := half(t, k, "remember", "1", "next", testkit.Private)
		if k.Count(`SELECT count(*) FROM logins`) != before || k.Count(`SELECT count(*) FROM half_logins`) != 1 {
			t.Fatal("the password alone made a login, or nothing waits")
		}
		guest(t, b)
		b.Get(step).ExpectText(t, http.StatusOK, "One more step", testkit.Ada, "Word", testkit.Private)
		b.Post(step, "factor", "testkit", "word", "sesame").ExpectText(t, http.StatusUnprocessableEntity, "does not match")
		b.Post(step, "factor", "none", "word", testkit.Word).Expect(t, http.StatusUnprocessableEntity)
		guest(t, b)
		p := second(b, "next", testkit.Private).Expect(t, http.StatusSeeOther, testkit.Private)
		if p.SetCookie("latchkey") == nil || p.SetCookie("latchkey").MaxAge == 0 || p.SetCookie("latchkey_known") == nil {
			t.Errorf("cookies: %v", p.Header["Set-Cookie"])
		}
		if k.Count(`SELECT count(*) FROM half_logins`) != 0 || k.Count(`SELECT count(*) FROM logins WHERE remembered = 1`) != 1 {
			t.Error("something is still half done, or “keep me logged in” is lost")
		}
		if detail := k.Text(`SELECT detail FROM events WHERE name = 'login.started' ORDER BY id DESC LIMIT 1`); detail != "with a password and a word" {
			t.Errorf("the history says %q", detail)
		}
		second(k.Browser()).Expect(t, http.StatusSeeOther, "/login") // who has done no first step
	})
}

// TestSecondFactorsAreCountedByAccount guesses from one new session after the other.
func TestSecondFactorsAreCountedByAccount(t *testing.T) {
	for _, limit := range []string{"LIMIT_FACTOR_ACCOUNT", "LIMIT_FACTOR_ACCOUNT_DAY"} {
		k := testkit.Start(t, limit+"=4")
		ada := owner(t, k)
		tested := 0
		for range 6 {
			if b := half(t, k); !testkit.Limited(b.Post(step, "factor", "testkit", "word", "sesame")) {
				tested++
			}
		}
		if tested != 4 {
			t.Errorf("%s: %d were tested, want 4", limit, tested)
		}
		if p := second(half(t, k)); !testkit.Limited(p) {
			t.Errorf("a right one beyond the limit: %s", p)
		}
		ada.Post("/logout") // the owner's own browser has tries of its own
		first(t, ada)
		second(ada).Expect(t, http.StatusSeeOther, "/account")
		if k.Count(`SELECT count(*) FROM events WHERE name = 'factor.failed'`) != 4 {
			t.Error("the tries are not in the history")
		}
		if got := testkit.Subjects(k, testkit.Ada); !strings.Contains(strings.Join(got, "\n"), "Somebody has your password") {
			t.Errorf("the owner is not told: %q", got)
		}
	}
}

// TestWhatIsHalfDoneEnds holds that half a log in ends by time, with the session, and with what changes the account.
func TestWhatIsHalfDoneEnds(t *testing.T) {
	for name, do := range map[string]func(t *testing.T, k *testkit.Kit, ada, b *testkit.Browser){
		"after ten minutes": func(_ *testing.T, k *testkit.Kit, _, _ *testkit.Browser) { k.Clock.Advance(10 * time.Minute) },
		"log out":           func(_ *testing.T, _ *testkit.Kit, _, b *testkit.Browser) { b.Post("/logout") },
		"a new password": func(t *testing.T, _ *testkit.Kit, ada, _ *testkit.Browser) {
			ada.Post("/account/password", "current", testkit.Password, "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		},
		"all others logged out": func(t *testing.T, _ *testkit.Kit, ada, _ *testkit.Browser) {
			ada.Post("/account/devices/end-others").Expect(t, http.StatusSeeOther)
		},
		"the factors are removed": func(t *testing.T, k *testkit.Kit, _, _ *testkit.Browser) {
			if n, err := k.App.Factors.Remove(t.Context(), k.Text(`SELECT id FROM users`)); err != nil || n != 1 {
				t.Error(n, err)
			}
		},
		"disabled": func(t *testing.T, k *testkit.Kit, _, _ *testkit.Browser) {
			if err := k.App.Operator.Disable(t.Context(), k.Text(`SELECT id FROM users`)); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := testkit.Start(t)
			ada := owner(t, k)
			b := half(t, k)
			do(t, k, ada, b)
			b.Get(step).Expect(t, http.StatusSeeOther, "/login")
			second(b, "next", testkit.Private).Expect(t, http.StatusSeeOther, "/login?next=%2Ftestkit%2Fpage")
			guest(t, b)
			testkit.Sweep(t, k)
			if k.Count(`SELECT count(*) FROM half_logins`) != 0 {
				t.Error("it is still there")
			}
		})
	}
}

// TestWhoPlantedTheTokenIsNotHalfLoggedIn holds that the first step gives the browser a new token, and the second another.
func TestWhoPlantedTheTokenIsNotHalfLoggedIn(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	b := k.Browser()
	b.Get("/")
	b.Get("/login")
	thief := b.Copy()
	first(t, b)
	thief.Get(step).Expect(t, http.StatusSeeOther, "/login")
	thief = b.Copy()
	second(b).Expect(t, http.StatusSeeOther, "/account")
	guest(t, thief)
	thief.Get(step).Expect(t, http.StatusSeeOther, "/login")
}

// TestResetNeverSkipsTheSecondStep chooses a password by mail, and logs in with it.
func TestResetNeverSkipsTheSecondStep(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	b := k.Browser()
	b.Post("/password/forgot", "email", testkit.Ada)
	testkit.Press(t, b, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther, "/login")
	guest(t, b)
	b.Post("/login", "email", testkit.Ada, "password", testkit.NewPassword).Expect(t, http.StatusSeeOther, step)
	guest(t, b)
	second(b).Expect(t, http.StatusSeeOther, "/account")
}

// TestThisWasntMeIsNoWayAroundAnOldFactor presses the button that somebody has who reads the mails: a factor from before
// stays.
func TestThisWasntMeIsNoWayAroundAnOldFactor(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	second(half(t, k)).Expect(t, http.StatusSeeOther) // a new browser, of which the owner is mailed
	b := k.Browser()
	testkit.Press(t, b, k.Mail(testkit.Ada)).Expect(t, http.StatusSeeOther)
	testkit.Press(t, b, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther, "/login")
	b.Post("/login", "email", testkit.Ada, "password", testkit.NewPassword).Expect(t, http.StatusSeeOther, step)
}

// TestPressedTwiceLogsInOnce sends the form of each step twice at once.
func TestPressedTwiceLogsInOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		before := k.Count(`SELECT count(*) FROM logins`)
		b := k.Browser()
		b.Get("/login")
		b = pressTwice(t, b, func(b *testkit.Browser) bool { return b.Get(step).Status == http.StatusOK }, func(b *testkit.Browser) {
			first(t, b)
		})
		pressTwice(t, b, testkit.LoggedIn, func(b *testkit.Browser) {
			second(b, "next", testkit.Private).Expect(t, http.StatusSeeOther, testkit.Private)
		})
		if n := k.Count(`SELECT count(*) FROM logins`) - before; n != 1 {
			t.Errorf("%d logins", n)
		}
	})
}

// pressTwice presses a button twice at once, and returns the browser that has what it was for. A browser takes the cookie of
// whichever answer comes last; here each press has a jar of its own, and one of them must have it.
func pressTwice(t *testing.T, b *testkit.Browser, has func(*testkit.Browser) bool, press func(*testkit.Browser)) *testkit.Browser {
	t.Helper()
	same := []*testkit.Browser{b.Copy(), b.Copy()}
	var all sync.WaitGroup
	for _, b := range same {
		all.Go(func() { press(b) })
	}
	all.Wait()
	for _, b := range same {
		if has(b) {
			return b
		}
	}
	t.Fatal("neither press has done it")
	return nil
}

// TestAKeptFormSurvivesTheSecondStep holds that what was sent too late waits behind both steps.
func TestAKeptFormSurvivesTheSecondStep(t *testing.T) {
	k := testkit.Start(t)
	ada := owner(t, k)
	testkit.Idle(k)
	ada.Post(testkit.Private, "title", "Garden").Expect(t, http.StatusSeeOther, "/login")
	if ada.Get("/login").Says("is kept for an hour") { // where that feature is not taken out
		first(t, ada, "next", testkit.Private)
		second(ada, "next", testkit.Private).Expect(t, http.StatusSeeOther, "/kept-form")
	}
}

// TestLoggingInAsSomebodyElseEndsTheOtherLogin does the first step where somebody else is logged in.
func TestLoggingInAsSomebodyElseEndsTheOtherLogin(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	b := k.Browser().Register(testkit.Ben)
	first(t, b)
	guest(t, b)
	second(b).Expect(t, http.StatusSeeOther, "/account")
	b.Get("/account").ExpectText(t, http.StatusOK, testkit.Ada)
	if n := k.Count(`SELECT count(*) FROM logins l JOIN users u ON u.id = l.user_id WHERE u.email = $1`, testkit.Ben); n != 0 {
		t.Errorf("Ben has %d logins", n)
	}
}

func TestATrustedBrowserIsAskedForThePasswordAlone(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := owner(t, k)
		trust := func() {
			t.Helper()
			b.Post("/logout")
			first(t, b)
			second(b, "trust", "1").Expect(t, http.StatusSeeOther, "/account")
		}
		trusted := func() bool {
			t.Helper()
			b.Post("/logout")
			p := b.Post("/login", "email", testkit.Ada, "password", testkit.Password)
			if p.To == step {
				second(b)
			}
			return p.To == "/account"
		}
		if trusted() {
			t.Error("a known browser is trusted by itself")
		}
		trust()
		for range 2 {
			if !trusted() {
				t.Error("a trusted browser is asked")
			}
		}
		half(t, k) // another one is
		b.Get(setUp).ExpectText(t, http.StatusOK, "Browsers that you trust", "Stop trusting")

		ben := k.Browser().Register(testkit.Ben)
		id := k.Text(`SELECT substr(token_hash, 1, 16) FROM known_browsers WHERE trust_ends_at > 0`)
		ben.Post(setUp + "/trusted/" + id + "/end")
		if !trusted() {
			t.Error("somebody else ended it")
		}
		b.Post(setUp+"/trusted/"+id+"/end").Expect(t, http.StatusSeeOther, setUp)
		if trusted() {
			t.Error("it was not revoked")
		}
		for name, ends := range map[string]func(){
			"thirty days":      func() { k.Clock.Advance(30 * 24 * time.Hour) },
			"a changed factor": func() { change(t, k) },
			"log out others": func() {
				b.Post("/confirm", "password", testkit.Password)
				b.Post("/account/devices/end-others").Expect(t, http.StatusSeeOther)
			},
		} {
			trust()
			ends()
			if trusted() {
				t.Errorf("%s does not end the trust", name)
			}
		}
		trust()
		b.Post("/logout")
		b.Post("/password/forgot", "email", testkit.Ada)
		testkit.Press(t, b, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther, "/login")
		b.Post("/login", "email", testkit.Ada, "password", testkit.NewPassword).Expect(t, http.StatusSeeOther, step)
	})
}

// change removes the factors and gives one anew.
func change(t *testing.T, k *testkit.Kit) {
	t.Helper()
	if _, err := k.App.Factors.Remove(t.Context(), k.Text(`SELECT id FROM users WHERE email = $1`, testkit.Ada)); err != nil {
		t.Fatal(err)
	}
	k.GiveFactor(testkit.Ada)
}

func TestWhoMustHaveAFactorOpensNothingElse(t *testing.T) {
	for require, c := range map[string]struct{ user, admin bool }{"off": {false, false}, "admin": {false, true}, "all": {true, true}} {
		t.Run(require, func(t *testing.T) {
			k := testkit.Start(t, "REQUIRE_FACTOR="+require)
			for email, must := range map[string]bool{testkit.Ada: c.admin, testkit.Ben: c.user} {
				b := k.Browser().Register(email)
				if email == testkit.Ada {
					k.Exec(`UPDATE users SET role = 'admin' WHERE email = $1`, email)
				}
				for _, page := range []string{"/account", testkit.Private, "/account/devices", "/account/delete", "/account/security"} {
					if p := b.Get(page); (p.To == setUp) != must {
						t.Errorf("%s, %s: %s", email, page, p)
					}
				}
				if p := b.Post(testkit.Private, "title", "A"); (p.To == setUp) != must {
					t.Errorf("%s posts: %s", email, p)
				}
				if b.Get(setUp).Says("This site asks for a second factor") != must {
					t.Errorf("%s: the page says otherwise", email)
				}
				k.GiveFactor(email)
				b.Get(testkit.Private).Expect(t, http.StatusOK)
				b.Post("/logout").Expect(t, http.StatusSeeOther, "/")
			}
		})
	}
}
