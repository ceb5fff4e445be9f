package totp_test

import (
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"example.com/latchkey/internal/testkit"
)

const (
	path  = "/account/security/authenticator"
	setUp = path + "/set-up"
	step  = "/login/second-factor"
	key   = "SECRET_KEY=0123456789abcdef0123456789abcdef"
)

// An app is an authenticator app.
type app struct {
	k      *testkit.Kit
	secret string
}

var (
	field = regexp.MustCompile(`name="secret" value="([^"]+)"`)
	typed = regexp.MustCompile(`translate="no">([A-Z2-7 ]+)</code>`)
)

// code is what the app shows now.
func (a app) code(t *testing.T) string {
	t.Helper()
	code, err := totp.GenerateCode(a.secret, a.k.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// next waits for the next code, and returns it.
func (a app) next(t *testing.T) string {
	t.Helper()
	a.k.Clock.Advance(30 * time.Second)
	return a.code(t)
}

// add sets up an app for who is logged in, by the typed key.
func add(t *testing.T, k *testkit.Kit, b *testkit.Browser) app {
	t.Helper()
	p := b.Get(setUp).Expect(t, http.StatusOK)
	a := app{k, strings.ReplaceAll(typed.FindStringSubmatch(p.Body)[1], " ", "")}
	sealed := html.UnescapeString(field.FindStringSubmatch(p.Body)[1])
	b.Post(setUp, "secret", sealed, "code", a.code(t)).Expect(t, http.StatusSeeOther, "/account/security/second-factor")
	return a
}

// owner registers Ada, who has an app.
func owner(t *testing.T, k *testkit.Kit) (*testkit.Browser, app) {
	t.Helper()
	b := testkit.Verified(t, k, testkit.Ada)
	return b, add(t, k, b)
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

func TestALogInHasTwoSteps(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		_, a := owner(t, k)
		if got := k.Mail(testkit.Ada).Subject; got != "A second factor was added" {
			t.Errorf("the mail is %q", got)
		}
		if stored := k.Text(`SELECT secret FROM totp`); strings.Contains(stored, a.secret) {
			t.Error("the secret is stored as it is")
		}
		before := k.Count(`SELECT count(*) FROM logins`)
		b := half(t, k, "remember", "1", "next", testkit.Private)
		if k.Count(`SELECT count(*) FROM logins`) != before || k.Count(`SELECT count(*) FROM half_logins`) != 1 {
			t.Fatal("the password alone made a login, or nothing waits")
		}
		guest(t, b)
		b.Get(step).ExpectText(t, http.StatusOK, "One step more", testkit.Ada, "your authenticator app", testkit.Private)
		b.Post(step, "factor", "totp", "code", "12").ExpectText(t, http.StatusUnprocessableEntity, "six digits")
		guest(t, b)
		p := b.Post(step, "factor", "totp", "code", a.next(t), "next", testkit.Private).Expect(t, http.StatusSeeOther, testkit.Private)
		if p.SetCookie("latchkey") == nil || p.SetCookie("latchkey").MaxAge == 0 || p.SetCookie("latchkey_known") == nil {
			t.Errorf("cookies: %v", p.Header["Set-Cookie"])
		}
		if k.Count(`SELECT count(*) FROM half_logins`) != 0 || k.Count(`SELECT count(*) FROM logins WHERE remembered = 1`) != 1 {
			t.Error("something is still half done, or “keep me logged in” is lost")
		}
		b.Get("/account/activity").ExpectText(t, http.StatusOK, "With a password and an authenticator code")
		b.Get("/account/devices").ExpectText(t, http.StatusOK, "Second step", "Authenticator app")
	}, key)
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

// TestTwentyUsesOfOneCode shows one code twenty times at once, each from a browser that is half logged in.
func TestTwentyUsesOfOneCode(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		_, a := owner(t, k)
		before := k.Count(`SELECT count(*) FROM logins`)
		var browsers []*testkit.Browser
		for range 20 {
			browsers = append(browsers, half(t, k))
		}
		code := a.next(t)
		var taken atomic.Int64
		var all sync.WaitGroup
		for _, b := range browsers {
			all.Go(func() {
				if b.Post(step, "factor", "totp", "code", code).Status == http.StatusSeeOther {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if taken.Load() != 1 || k.Count(`SELECT count(*) FROM logins`) != before+1 {
			t.Errorf("%d of twenty logged in", taken.Load())
		}
	}, key, "LIMIT_FACTOR_ACCOUNT=1000", "LIMIT_FACTOR_ACCOUNT_DAY=1000", "LIMIT_LOGIN_ACCOUNT=1000", "LIMIT_LOGIN_ACCOUNT_ADDRESS=1000", "LIMIT_FACTOR_KNOWN_BROWSER=1000")
}

// TestACodeIsUsedUpByWhatItConfirmed holds that no code counts twice: not the one that confirmed the app, and not an
// earlier one after a later one.
func TestACodeIsUsedUpByWhatItConfirmed(t *testing.T) {
	k := testkit.Start(t)
	_, a := owner(t, k)
	b := half(t, k)
	b.Post(step, "factor", "totp", "code", a.code(t)).ExpectText(t, http.StatusUnprocessableEntity, "used already")
	earlier := a.next(t)
	b.Post(step, "factor", "totp", "code", a.next(t)).Expect(t, http.StatusSeeOther, "/account")
	half(t, k).Post(step, "factor", "totp", "code", earlier).ExpectText(t, http.StatusUnprocessableEntity, "used already")
}

// TestTriesAreCountedByAccount guesses from one new session after the other.
func TestTriesAreCountedByAccount(t *testing.T) {
	k := testkit.Start(t, "LIMIT_FACTOR_ACCOUNT=4")
	ada, a := owner(t, k)
	tested := 0
	for range 6 {
		if b := half(t, k); !testkit.Limited(b.Post(step, "factor", "totp", "code", "000000")) {
			tested++
		}
	}
	if tested != 4 {
		t.Errorf("%d codes were tested, want 4", tested)
	}
	if p := half(t, k).Post(step, "factor", "totp", "code", a.next(t)); !testkit.Limited(p) {
		t.Errorf("a right code beyond the limit: %s", p)
	}
	// The owner's own browser has tries of its own.
	ada.Post("/logout")
	first(t, ada)
	ada.Post(step, "factor", "totp", "code", a.next(t)).Expect(t, http.StatusSeeOther, "/account")
	if k.Count(`SELECT count(*) FROM events WHERE name = 'factor.failed'`) != 4 {
		t.Error("the tries are not in the history")
	}
	if got := testkit.Subjects(k, testkit.Ada); !strings.Contains(strings.Join(got, "\n"), "Somebody has your password") {
		t.Errorf("the owner is not told: %q", got)
	}
}

// TestWhatIsHalfDoneEnds holds that half a log in ends by time, with another cookie, and with what changes the account.
func TestWhatIsHalfDoneEnds(t *testing.T) {
	for name, c := range map[string]struct {
		do func(t *testing.T, k *testkit.Kit, ada, b *testkit.Browser)
	}{
		"after ten minutes": {func(_ *testing.T, k *testkit.Kit, _, _ *testkit.Browser) { k.Clock.Advance(10 * time.Minute) }},
		"log out":           {func(_ *testing.T, _ *testkit.Kit, _, b *testkit.Browser) { b.Post("/logout") }},
		"a new password": {func(t *testing.T, _ *testkit.Kit, ada, _ *testkit.Browser) {
			ada.Post("/account/password", "current", testkit.Password, "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		}},
		"the app is removed": {func(t *testing.T, _ *testkit.Kit, ada, _ *testkit.Browser) {
			ada.Post(path+"/remove").Expect(t, http.StatusSeeOther)
		}},
		"all others logged out": {func(t *testing.T, _ *testkit.Kit, ada, _ *testkit.Browser) {
			ada.Post("/account/devices/end-others").Expect(t, http.StatusSeeOther)
		}},
		"disabled": {func(t *testing.T, k *testkit.Kit, _, _ *testkit.Browser) {
			if err := k.App.Operator.Disable(t.Context(), k.Text(`SELECT id FROM users`)); err != nil {
				t.Error(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			k := testkit.Start(t)
			ada, a := owner(t, k)
			b := half(t, k)
			c.do(t, k, ada, b)
			b.Get(step).Expect(t, http.StatusSeeOther, "/login")
			b.Post(step, "factor", "totp", "code", a.next(t)).Expect(t, http.StatusSeeOther, "/login")
			guest(t, b)
			testkit.Sweep(t, k)
		})
	}
}

// TestWhoPlantedTheTokenIsNotHalfLoggedIn holds that the first step gives the browser a new token, and the second another.
func TestWhoPlantedTheTokenIsNotHalfLoggedIn(t *testing.T) {
	k := testkit.Start(t)
	_, a := owner(t, k)
	b := k.Browser()
	b.Get("/")
	b.Get("/login")
	thief := b.Copy()
	first(t, b)
	thief.Get(step).Expect(t, http.StatusSeeOther, "/login")
	thief = b.Copy()
	code := a.next(t)
	b.Post(step, "factor", "totp", "code", code).Expect(t, http.StatusSeeOther, "/account")
	guest(t, thief)
	thief.Get(step).Expect(t, http.StatusSeeOther, "/login")
}

// TestResetNeverSkipsTheSecondStep chooses a password by mail, and logs in with it.
func TestResetNeverSkipsTheSecondStep(t *testing.T) {
	k := testkit.Start(t)
	_, a := owner(t, k)
	b := k.Browser()
	b.Post("/password/forgot", "email", testkit.Ada)
	testkit.Press(t, b, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther, "/login")
	guest(t, b)
	b.Post("/login", "email", testkit.Ada, "password", testkit.NewPassword).Expect(t, http.StatusSeeOther, step)
	guest(t, b)
	b.Post(step, "factor", "totp", "code", a.next(t)).Expect(t, http.StatusSeeOther, "/account")
}

// TestPressedTwiceLogsInOnce sends the form of the second step twice at once.
func TestPressedTwiceLogsInOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		_, a := owner(t, k)
		before := k.Count(`SELECT count(*) FROM logins`)
		b := half(t, k)
		code := a.next(t)
		same := []*testkit.Browser{b.Copy(), b.Copy()}
		var all sync.WaitGroup
		for _, press := range same {
			all.Go(func() {
				press.Post(step, "factor", "totp", "code", code, "next", testkit.Private).Expect(t, http.StatusSeeOther, testkit.Private)
			})
		}
		all.Wait()
		if n := k.Count(`SELECT count(*) FROM logins`) - before; n != 1 {
			t.Errorf("%d logins", n)
		}
		for _, press := range same {
			if testkit.LoggedIn(press) {
				return
			}
		}
		t.Error("neither is logged in")
	}, key)
}

// TestAKeptFormSurvivesTheSecondStep holds that what was sent too late waits behind both steps.
func TestAKeptFormSurvivesTheSecondStep(t *testing.T) {
	k := testkit.Start(t)
	ada, a := owner(t, k)
	testkit.Idle(k)
	ada.Post(testkit.Private, "title", "Garden").Expect(t, http.StatusSeeOther, "/login")
	if ada.Get("/login").Says("is kept for an hour") { // where that feature is not taken out
		first(t, ada, "next", testkit.Private)
		ada.Post(step, "factor", "totp", "code", a.next(t), "next", testkit.Private).Expect(t, http.StatusSeeOther, "/kept-form")
	}
}

func TestTheAppIsRemoved(t *testing.T) {
	k := testkit.Start(t)
	ada, _ := owner(t, k)
	k.Clock.Advance(16 * time.Minute)
	ada.Post(path+"/remove").Expect(t, http.StatusSeeOther, "/confirm")
	ada.Post("/confirm", "password", testkit.Password)
	ada.Get(path+"/remove").ExpectText(t, http.StatusOK, "Keep the app")
	ada.Post(path+"/remove").Expect(t, http.StatusSeeOther, "/account/security/second-factor")
	if got := k.Mail(testkit.Ada).Subject; got != "A second factor was removed" {
		t.Errorf("the mail is %q", got)
	}
	k.Browser().LogIn(testkit.Ada)
	ada.Post(path+"/remove").Expect(t, http.StatusSeeOther)
}

// TestASecretOfAnotherLoginDoesNotCount posts the page of one login from another.
func TestASecretOfAnotherLoginDoesNotCount(t *testing.T) {
	k := testkit.Start(t)
	ada := testkit.Verified(t, k, testkit.Ada)
	ben := k.Browser().Register(testkit.Ben)
	p := ada.Get(setUp)
	sealed := html.UnescapeString(field.FindStringSubmatch(p.Body)[1])
	a := app{k, strings.ReplaceAll(typed.FindStringSubmatch(p.Body)[1], " ", "")}
	for _, s := range []string{sealed, "", "x.y", strings.Repeat("a", 5000)} {
		ben.Post(setUp, "secret", s, "code", a.code(t)).Expect(t, http.StatusSeeOther, setUp)
	}
	ada.Post(setUp, "secret", sealed, "code", "123").ExpectText(t, http.StatusUnprocessableEntity, "six digits")
	ada.Post(setUp, "secret", sealed, "code", a.code(t)).Expect(t, http.StatusSeeOther)
	ada.Post(setUp, "secret", sealed, "code", a.code(t)).Expect(t, http.StatusSeeOther) // pressed twice
	if k.Count(`SELECT count(*) FROM events WHERE name = 'factor.added'`) != 1 {
		t.Error("it was not added once")
	}
}

// TestTheKeyOfDevelopmentIsKept holds that the key is made when it is first needed, for its owner alone, and lasts.
func TestTheKeyOfDevelopmentIsKept(t *testing.T) {
	k := testkit.Start(t)
	file := filepath.Join(filepath.Dir(k.App.DB.File()), "secret.key")
	if _, err := os.Stat(file); err == nil {
		t.Error("a key is made before anybody needs one")
	}
	_, a := owner(t, k)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	other := k.Another()
	b := other.Browser()
	b.Post("/login", "email", testkit.Ada, "password", testkit.Password).Expect(t, http.StatusSeeOther, step)
	b.Post(step, "factor", "totp", "code", a.next(t)).Expect(t, http.StatusSeeOther, "/account")
}
