package recovery_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

const path = "/account/security/recovery-codes"

var written = regexp.MustCompile(`<li><code>([0-9a-z-]{23})</code></li>`)

// makeCodes makes codes for who is logged in.
func makeCodes(t *testing.T, b *testkit.Browser) (codes []string) {
	t.Helper()
	for _, found := range written.FindAllStringSubmatch(b.Post(path).Expect(t, http.StatusOK).Body, -1) {
		codes = append(codes, html.UnescapeString(found[1]))
	}
	if len(codes) != 10 {
		t.Fatalf("%d codes", len(codes))
	}
	return codes
}

// owner registers Ada, who has a second factor and codes.
func owner(t *testing.T, k *testkit.Kit) (*testkit.Browser, []string) {
	t.Helper()
	b := testkit.Verified(t, k, testkit.Ada)
	k.GiveFactor(testkit.Ada)
	return b, makeCodes(t, b)
}

func half(t *testing.T, k *testkit.Kit) *testkit.Browser {
	t.Helper()
	b := k.Browser()
	b.Post("/login", "email", testkit.Ada, "password", testkit.Password).Expect(t, http.StatusSeeOther, testkit.SecondStep)
	return b
}

func use(b *testkit.Browser, code string) testkit.Page {
	return b.Post(testkit.SecondStep, "factor", "recovery", "recovery", code)
}

func TestEachCodeWorksOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		ada, codes := owner(t, k)
		if got := k.Mail(testkit.Ada).Subject; got != "New recovery codes" {
			t.Errorf("the mail is %q", got)
		}
		ada.Get(path).ExpectText(t, http.StatusOK, "10 of 10 are left", "!"+codes[0])
		if k.Count(`SELECT count(*) FROM recovery_codes WHERE hash LIKE $1`, "%"+strings.ReplaceAll(codes[0], "-", "")+"%") != 0 {
			t.Error("codes are stored as they are")
		}
		half(t, k).Get(testkit.SecondStep).ExpectText(t, http.StatusOK, "Use instead: recovery codes")
		use(half(t, k), strings.ToUpper(codes[0])).Expect(t, http.StatusSeeOther, "/account")
		m := k.Mail(testkit.Ada)
		if m.Subject != "New login to your account" && m.Subject != "A recovery code was used" || !has(k, "A recovery code was used") {
			t.Errorf("the mails are %q", testkit.Subjects(k, testkit.Ada))
		}
		use(half(t, k), codes[0]).ExpectText(t, http.StatusUnprocessableEntity, "used already")
		use(half(t, k), "").ExpectText(t, http.StatusUnprocessableEntity, "none of your recovery codes")
		for _, code := range codes[1:7] {
			use(half(t, k), code).Expect(t, http.StatusSeeOther, "/account")
		}
		few := 0
		for _, m := range k.Mails() {
			if strings.Contains(m.Text, "These are few") {
				few++
			}
		}
		if few != 1 {
			t.Errorf("%d mails say that few are left", few)
		}
		ada.Get("/account/activity").ExpectText(t, http.StatusOK, "Recovery code used", "With a password and a recovery code")

		again := makeCodes(t, ada) // which ends the old ones
		use(half(t, k), codes[9]).Expect(t, http.StatusUnprocessableEntity)
		use(half(t, k), again[9]).Expect(t, http.StatusSeeOther, "/account")
	}, "LIMIT_FACTOR_ACCOUNT=100", "LIMIT_FACTOR_ACCOUNT_DAY=100", "LIMIT_LOGIN_ACCOUNT_ADDRESS=1000")
}

func has(k *testkit.Kit, subject string) bool {
	for _, s := range testkit.Subjects(k, testkit.Ada) {
		if s == subject {
			return true
		}
	}
	return false
}

// TestTwentyUsesOfOneRecoveryCode uses one code twenty times at once, each from a browser that is half logged in.
func TestTwentyUsesOfOneRecoveryCode(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		_, codes := owner(t, k)
		before := k.Count(`SELECT count(*) FROM logins`)
		var browsers []*testkit.Browser
		for range 20 {
			browsers = append(browsers, half(t, k))
		}
		var taken atomic.Int64
		var all sync.WaitGroup
		for _, b := range browsers {
			all.Go(func() {
				if use(b, codes[0]).Status == http.StatusSeeOther {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if taken.Load() != 1 || k.Count(`SELECT count(*) FROM logins`) != before+1 {
			t.Errorf("%d of twenty logged in", taken.Load())
		}
	}, "LIMIT_FACTOR_ACCOUNT=1000", "LIMIT_FACTOR_ACCOUNT_DAY=1000", "LIMIT_LOGIN_ACCOUNT=1000", "LIMIT_LOGIN_ACCOUNT_ADDRESS=1000")
}

func TestWhoMayMakeCodes(t *testing.T) {
	k := testkit.Start(t)
	ben := k.Browser().Register(testkit.Ben)
	ben.Get(path).ExpectText(t, http.StatusOK, "Set up a second factor first")
	ben.Post(path).Expect(t, http.StatusSeeOther, path)
	ada, codes := owner(t, k)
	use(k.Browser(), codes[0]).Expect(t, http.StatusSeeOther, "/login") // a code alone is nothing
	k.Clock.Advance(16 * time.Minute)
	ada.Post(path).Expect(t, http.StatusSeeOther, "/confirm")
	ada.Post("/confirm", "password", testkit.Password)
	p := ada.Post(path+"/file", "code", codes[0], "code", codes[1], "code", "<script>")
	p.ExpectText(t, http.StatusOK, codes[0], codes[1], "!<script>")
	if got := p.Header.Get("Content-Disposition"); !strings.Contains(got, "attachment") {
		t.Errorf("the file is %q", got)
	}
}

// TestCodesEndWithTheFactor holds that codes without a factor to stand in for are removed.
func TestCodesEndWithTheFactor(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	if _, err := k.App.Factors.Remove(t.Context(), k.Text(`SELECT id FROM users`)); err != nil {
		t.Fatal(err)
	}
	if n := k.Count(`SELECT count(*) FROM recovery_codes`); n != 0 {
		t.Errorf("%d codes are left", n)
	}
	k.Browser().Post("/login", "email", testkit.Ada, "password", testkit.Password).Expect(t, http.StatusSeeOther, "/account")
}

// TestBrowserKeepsTheCodes makes codes as a person does, and finds the buttons that need a script.
func TestBrowserKeepsTheCodes(t *testing.T) {
	k := testkit.Start(t)
	testkit.Verified(t, k, testkit.Ada)
	k.GiveFactor(testkit.Ada)
	b := chrome.New(t)
	b.Open(k.URL + "/login?next=" + path)
	b.Fill("email", testkit.Ada)
	b.Fill("password", testkit.Password)
	b.Click("main button.primary")
	b.WaitPath(testkit.SecondStep)
	b.Fill("word", testkit.Word)
	b.Click("main button.primary")
	b.WaitPath(path)
	b.ClickText("Make ten codes")
	b.WaitText("shown this once")
	b.WaitText("Print them")
	b.WaitText("Copy them")
	b.Eval(`navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }`)
	b.ClickText("Copy them")
	b.WaitText("Copied")
	if copied := b.Eval(`window.copied`).(string); len(strings.Split(copied, "\n")) != 10 || len(copied) != 10*23+9 {
		t.Errorf("copied: %q", copied)
	}
	if errors := b.ConsoleErrors(); len(errors) > 0 {
		t.Errorf("console: %v", errors)
	}
}

// TestPagesAreForEverybody comes to the codes, which no link leads to, and types one.
func TestPagesAreForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	k := testkit.Start(t)
	_, codes := owner(t, k)
	b := chrome.New(t)
	b.Open(k.URL + "/login?next=" + path)
	b.Fill("email", testkit.Ada)
	b.Fill("password", testkit.Password)
	b.Click("main button.primary")
	b.WaitPath(testkit.SecondStep)
	b.ForEverybody("a recovery code as the second step") // opens what stands behind a line, too
	b.Fill("recovery", codes[0])
	b.Press("Enter")
	b.WaitPath(path)
	b.ForEverybody("codes that were made before")
	b.ClickText("Make ten new codes")
	b.WaitText("Print them")
	b.ForEverybody("codes that were just made")
}
