package maillogin_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

const (
	askPath  = "/login/mail"
	codePath = "/login/mail/code"
	linkPath = "/login/mail/link"
	subject  = "Your code to log in"
)

var codes = regexp.MustCompile(`\b[3479CDFGHJKMNPQRTVWXY]{4}-[3479CDFGHJKMNPQRTVWXY]{4}\b`)

// codeIn returns the code of a mail.
func codeIn(t *testing.T, m mail.Mail) string {
	t.Helper()
	code := codes.FindString(m.Text)
	if m.Subject != subject || code == "" {
		t.Fatalf("%s: %s", m.Subject, m.Text)
	}
	return code
}

// asks lets a browser ask for a code.
func asks(t *testing.T, b *testkit.Browser, email string, more ...string) *testkit.Browser {
	t.Helper()
	b.Post(askPath, append([]string{"email", email}, more...)...).Expect(t, http.StatusSeeOther, codePath)
	return b
}

// owner makes ada, who has verified her address and is logged in nowhere.
func owner(t *testing.T, k *testkit.Kit) {
	t.Helper()
	testkit.Verified(t, k, testkit.Ada).Post("/logout")
}

func TestACodeLogsIn(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		b := k.Browser()
		b.Get("/login?next="+testkit.Private).ExpectText(t, http.StatusOK, "Other ways to log in", "Send me a code by mail")
		asks(t, b, " ADA@example.org", "next", testkit.Private, "remember", "1", "password", "not used")
		b.Get(codePath).ExpectText(t, http.StatusOK, "If there is an account with", "Eight letters and digits")
		m := k.Mail(testkit.Ada)
		if !strings.Contains(m.Text, "Firefox on Linux") || strings.Contains(m.Subject, codeIn(t, m)) {
			t.Errorf("the mail: %s", m.Text)
		}
		typed := strings.ToLower(strings.Replace(codeIn(t, m), "-", " ", 1))
		p := b.Post(codePath, "code", typed).Expect(t, http.StatusSeeOther, testkit.Private)
		if c := p.SetCookie("latchkey"); c == nil || c.MaxAge == 0 || p.SetCookie("latchkey_known") == nil {
			t.Errorf("cookies: %v", p.Header["Set-Cookie"])
		}
		if got := k.Mail(testkit.Ada).Subject; got != "New login to your account" {
			t.Errorf("a new browser is mailed by %q", got)
		}
		if n := k.Count(`SELECT count(*) FROM mail_logins`); n != 0 {
			t.Errorf("%d codes are left", n)
		}
		b.Get("/account/activity").ExpectText(t, http.StatusOK, "Logged in", "With a code by mail", "Code to log in sent by mail")
		if p := b.Get("/account/devices").ExpectText(t, http.StatusOK, "Code by mail", "To "+testkit.Ada); strings.Count(p.Body, "last used") != 2 {
			t.Errorf("when the password and a code were used last: %s", p)
		}
		b.Post("/logout")
		if p := b.Get("/login"); !strings.Contains(p.Body, `<details class="flow" open>`) {
			t.Error("the log-in page has forgotten which way this browser took")
		}
	})
}

// TestAKeptFormSurvivesLogInByMail sends a form when the login has run out, and logs in by mail.
func TestAKeptFormSurvivesLogInByMail(t *testing.T) {
	k := testkit.Start(t)
	if !slices.ContainsFunc(k.App.Features(), func(f feature.Feature) bool { return f.Name == "keptform" }) {
		t.Skip("forms are not kept here")
	}
	b := testkit.Verified(t, k, testkit.Ada)
	b.Get(testkit.Private)
	testkit.Idle(k)
	b.Post(testkit.Private, "text", "Half a novel").Expect(t, http.StatusSeeOther, "/login")
	asks(t, b, testkit.Ada)
	p := b.Post(codePath, "code", codeIn(t, k.Mail(testkit.Ada))).Expect(t, http.StatusSeeOther)
	b.Get(p.To).ExpectText(t, http.StatusOK, "Half a novel")
}

func TestTheBrowserIsToldWhatIsKept(t *testing.T) {
	k := testkit.Start(t)
	b := asks(t, k.Browser(), testkit.Ada)
	b.Get("/privacy").ExpectText(t, http.StatusOK, "Log in by mail", testkit.Ada)
	k.Browser().Get("/privacy").ExpectText(t, http.StatusOK, "!"+testkit.Ada)
	b.Post("/privacy/erase").Expect(t, http.StatusSeeOther)
	if n := k.Count(`SELECT count(*) FROM mail_logins`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

func TestItCanBeTurnedOff(t *testing.T) {
	k := testkit.Start(t, "MAIL_LOGIN=off")
	b := testkit.Verified(t, k, testkit.Ada)
	b.Get("/account/devices").ExpectText(t, http.StatusOK, "!Code by mail")
	b.Post("/logout")
	b.Get("/login").ExpectText(t, http.StatusOK, "!code by mail")
	for _, path := range []string{askPath, codePath, linkPath, linkPath + "?token=x"} {
		b.Get(path).Expect(t, http.StatusNotFound)
	}
	b.Post(askPath, "email", testkit.Ada).Expect(t, http.StatusNotFound)
	b.Post(codePath, "code", "CCCC-CCCC").Expect(t, http.StatusNotFound)
}

func TestThereIsNoneWithoutMail(t *testing.T) {
	k := testkit.Start(t, "APP_ENV=production", "BASE_URL=http://app.example.org", "BCRYPT_COST=10")
	for path, status := range map[string]int{"/login": http.StatusOK, askPath: http.StatusNotFound} {
		r, err := http.NewRequest(http.MethodGet, k.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "app.example.org"
		k.Browser().Do(r).ExpectText(t, status, "!code by mail")
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser()
	b.Post(askPath, "email", "no address").ExpectText(t, http.StatusUnprocessableEntity, "Error: Log in by mail")
	b.Get(codePath).ExpectText(t, http.StatusNotFound, "There is no code to type here")
	b.Post(codePath, "code", "CCCC-CCCC").ExpectText(t, http.StatusNotFound, "There is no code to type here")
	asks(t, b, testkit.Ada)
	b.Post(codePath, "code", "1234").ExpectText(t, http.StatusUnprocessableEntity, "A code has eight letters and digits")
	b.Post(codePath, "code", "CCCC-CCCC").ExpectText(t, http.StatusUnprocessableEntity, "This code does not work")
	in := k.Browser().Register(testkit.Ben)
	in.Follow(in.Post(codePath, "code", "CCCC-CCCC").Expect(t, http.StatusSeeOther, "/")).ExpectText(t, http.StatusOK, "You are logged in as "+testkit.Ben)
}
