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
	path   = "/account/security/authenticator"
	setUp  = path + "/set-up"
	step   = testkit.SecondStep
	second = "/account/security/second-factor"
	key    = "SECRET_KEY=0123456789abcdef0123456789abcdef"
)

// A phone is one with an authenticator app.
type phone struct {
	k      *testkit.Kit
	secret string
}

var (
	field = regexp.MustCompile(`name="secret" value="([^"]+)"`)
	typed = regexp.MustCompile(`translate="no">([A-Z2-7 ]+)</code>`)
)

// code is what the app shows now.
func (a phone) code(t *testing.T) string {
	t.Helper()
	code, err := totp.GenerateCode(a.secret, a.k.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// next waits for the next code, and returns it.
func (a phone) next(t *testing.T) string {
	t.Helper()
	a.k.Clock.Advance(30 * time.Second)
	return a.code(t)
}

// add sets up an app for who is logged in, by the typed key.
func add(t *testing.T, k *testkit.Kit, b *testkit.Browser) phone {
	t.Helper()
	p := b.Get(setUp).Expect(t, http.StatusOK)
	a := phone{k, strings.ReplaceAll(typed.FindStringSubmatch(p.Body)[1], " ", "")}
	sealed := html.UnescapeString(field.FindStringSubmatch(p.Body)[1])
	b.Post(setUp, "secret", sealed, "code", a.code(t)).Expect(t, http.StatusSeeOther, second)
	return a
}

// owner registers Ada, who has an app.
func owner(t *testing.T, k *testkit.Kit) (*testkit.Browser, phone) {
	t.Helper()
	b := testkit.Verified(t, k, testkit.Ada)
	return b, add(t, k, b)
}

// half logs in as Ada by the password, in a new browser.
func half(t *testing.T, k *testkit.Kit) *testkit.Browser {
	t.Helper()
	b := k.Browser()
	b.Post("/login", "email", testkit.Ada, "password", testkit.Password).Expect(t, http.StatusSeeOther, step)
	return b
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
		b := half(t, k)
		b.Get(step).ExpectText(t, http.StatusOK, "your authenticator app")
		b.Post(step, "factor", "totp", "code", "12").ExpectText(t, http.StatusUnprocessableEntity, "six digits")
		b.Post(step, "factor", "totp", "code", "000000").Expect(t, http.StatusUnprocessableEntity)
		b.Post(step, "factor", "totp", "code", a.next(t)).Expect(t, http.StatusSeeOther, "/account")
		b.Get("/account/activity").ExpectText(t, http.StatusOK, "With a password and an authenticator code")
		b.Get("/account/devices").ExpectText(t, http.StatusOK, "Second step", "Authenticator app")
	}, key)
}

// TestTwentyUsesOfOneAppCode shows one code twenty times at once, each from a browser that is half logged in.
func TestTwentyUsesOfOneAppCode(t *testing.T) {
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

func TestTheAppIsRemoved(t *testing.T) {
	k := testkit.Start(t)
	ada, _ := owner(t, k)
	k.Clock.Advance(16 * time.Minute)
	ada.Post(path+"/remove").Expect(t, http.StatusSeeOther, "/confirm")
	ada.Post("/confirm", "password", testkit.Password)
	ada.Get(path+"/remove").ExpectText(t, http.StatusOK, "Keep the app")
	ada.Post(path+"/remove").Expect(t, http.StatusSeeOther, second)
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
	a := phone{k, strings.ReplaceAll(typed.FindStringSubmatch(p.Body)[1], " ", "")}
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

// TestAFactorOfWrongHandsEnds holds that “this wasn’t me” removes an app that was added in the week before, and none that is
// older.
func TestAFactorOfWrongHandsEnds(t *testing.T) {
	for age, left := range map[time.Duration]int{time.Hour: 0, 8 * 24 * time.Hour: 1} {
		k := testkit.Start(t)
		_, a := owner(t, k)
		k.Clock.Advance(age)
		half(t, k).Post(step, "factor", "totp", "code", a.next(t)).Expect(t, http.StatusSeeOther, "/account")
		testkit.Press(t, k.Browser(), k.Mail(testkit.Ada)).Expect(t, http.StatusSeeOther)
		if n := k.Count(`SELECT count(*) FROM totp`); n != left {
			t.Errorf("after %s: %d apps are left", age, n)
		}
	}
}

// TestWhoRegisteredWithAnothersAddressLeavesNoApp holds that the first new password of an address that was never verified
// ends the app.
func TestWhoRegisteredWithAnothersAddressLeavesNoApp(t *testing.T) {
	k := testkit.Start(t)
	add(t, k, k.Browser().Register(testkit.Ada))
	b := k.Browser()
	b.Post("/password/forgot", "email", testkit.Ada)
	testkit.Press(t, b, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther, "/login")
	b.Post("/login", "email", testkit.Ada, "password", testkit.NewPassword).Expect(t, http.StatusSeeOther, "/account")
}
