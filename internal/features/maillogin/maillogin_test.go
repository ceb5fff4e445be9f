package maillogin_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
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

func TestTheLinkLogsInWhereItWasAskedFor(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		b := asks(t, k.Browser(), testkit.Ada, "next", testkit.Private)
		m := k.Mail(testkit.Ada)
		before := b.Cookie("latchkey")
		for range 2 { // what scans mails uses nothing up
			k.Browser().Get(testkit.Link(m)).Expect(t, http.StatusSeeOther, linkPath)
		}
		b.Get(testkit.Link(m)+"%22)").Expect(t, http.StatusSeeOther, linkPath) // with what stuck to it
		if b.Cookie("latchkey") == before {
			t.Error("whoever knew the browser's token can press the button, too")
		}
		p := b.Get(linkPath).ExpectText(t, http.StatusOK, "You are about to log in as", testkit.Ada)
		if p.Header.Get("Cache-Control") != "no-store" {
			t.Error("the page can come from a cache")
		}
		pressed(t, b, p).Expect(t, http.StatusSeeOther, testkit.Private)
		if !testkit.LoggedIn(b) {
			t.Error("not logged in")
		}
		b.Post("/logout")
		b.Get(testkit.Link(m)).Expect(t, http.StatusSeeOther, linkPath)
		b.Get(linkPath).ExpectText(t, http.StatusNotFound, "This link does not work")
	})
}

var hidden = regexp.MustCompile(`name="code" value="([^"]*)"`)

// pressed presses the button of the page of a link.
func pressed(t *testing.T, b *testkit.Browser, p testkit.Page) testkit.Page {
	t.Helper()
	code := hidden.FindStringSubmatch(p.Body)
	if code == nil {
		t.Fatalf("no button: %s", p)
	}
	return b.Post(codePath, "code", code[1])
}

func TestTheLinkShowsTheCodeElsewhere(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		b := asks(t, k.Browser(), testkit.Ada)
		m := k.Mail(testkit.Ada)
		for _, phone := range []*testkit.Browser{k.Browser(), k.Browser().LogIn(testkit.Ada), k.Browser().Register(testkit.Ben)} {
			phone.Get(testkit.Link(m)).Expect(t, http.StatusSeeOther, linkPath)
			in := testkit.LoggedIn(phone)
			phone.Get(linkPath).ExpectText(t, http.StatusOK, "Type this code where you asked", codeIn(t, m), "Firefox on Linux, from 127.0.0.x", `!name="code"`)
			if p := phone.Post(codePath, "code", codeIn(t, m)); testkit.LoggedIn(phone) != in {
				t.Errorf("the code works in a browser that did not ask: %s", p)
			}
		}
		if p := k.Browser().Get(linkPath); p.Status != http.StatusNotFound || p.Says(codeIn(t, m)) {
			t.Errorf("a browser that has not opened the link: %s", p)
		}
		b.Post(codePath, "code", codeIn(t, m)).Expect(t, http.StatusSeeOther, "/account")
	})
}

// TestAnOpenedLinkIsNotShared holds that somebody who has planted a token in the browser that opens the link does not see
// the code.
func TestAnOpenedLinkIsNotShared(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	thief := asks(t, k.Browser(), testkit.Ada)
	phone := k.Browser()
	phone.Get("/login")
	planted := phone.Copy()
	phone.Get(testkit.Link(k.Mail(testkit.Ada)))
	phone.Get(linkPath).ExpectText(t, http.StatusOK, "Type this code")
	if p := planted.Get(linkPath); p.Status != http.StatusNotFound || codes.MatchString(p.Body) {
		t.Errorf("who planted the token sees %s", p)
	}
	if testkit.LoggedIn(thief) {
		t.Error("logged in")
	}
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

func TestTwentyUsesOfOneCode(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		before := k.Count(`SELECT count(*) FROM logins`)
		b := asks(t, k.Browser(), testkit.Ada)
		code := codeIn(t, k.Mail(testkit.Ada))
		var taken atomic.Int64
		var all sync.WaitGroup
		for i := range 20 {
			same := b.Copy()
			all.Go(func() {
				more := "1"
				if i > 0 {
					more = strings.Repeat("1", i) // not the same form, which would be one button pressed twice
				}
				if p := same.Post(codePath, "code", code, "more", more); p.Status == http.StatusSeeOther && p.To == "/account" {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if n := taken.Load(); n != 1 || k.Count(`SELECT count(*) FROM logins`) != before+1 {
			t.Errorf("%d of twenty logged in, %d logins more", n, k.Count(`SELECT count(*) FROM logins`)-before)
		}
	})
}

// TestAButtonThatIsPressedTwiceLogsInOnce sends one form twice with one token, as browsers do, which drop the first answer.
func TestAButtonThatIsPressedTwiceLogsInOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		b := asks(t, k.Browser(), testkit.Ada)
		code := codeIn(t, k.Mail(testkit.Ada))
		dropped := b.Copy()
		dropped.Post(codePath, "code", code).Expect(t, http.StatusSeeOther, "/account")
		p := b.Post(codePath, "code", code).Expect(t, http.StatusSeeOther, "/account")
		if !testkit.LoggedIn(b) || p.SetCookie("latchkey_known") == nil || k.Count(`SELECT count(*) FROM logins`) != 1 {
			t.Errorf("after the second press: %d logins", k.Count(`SELECT count(*) FROM logins`))
		}
	})
}

// TestTwentyPressesOfOneButtonLogInOnce sends the same form twenty times at once: all are answered as the one that logs in,
// or, if yet another one was faster, told to load the page again.
func TestTwentyPressesOfOneButtonLogInOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		b := asks(t, k.Browser(), testkit.Ada)
		code := codeIn(t, k.Mail(testkit.Ada))
		var all sync.WaitGroup
		for range 20 {
			same := b.Copy()
			all.Go(func() {
				if p := same.Post(codePath, "code", code); p.Status != http.StatusConflict {
					p.Expect(t, http.StatusSeeOther, "/account")
				}
			})
		}
		all.Wait()
		if n := k.Count(`SELECT count(*) FROM logins`); n != 1 {
			t.Errorf("%d logins", n)
		}
	}, "LIMIT_MAIL_LOGIN_ACCOUNT=100", "LIMIT_LOGIN_KNOWN_BROWSER=100")
}

// TestACodeThatEndsMeanwhile ends the codes of an account while somebody who has just shown one waits for its lock.
func TestACodeThatEndsMeanwhile(t *testing.T) {
	k := testkit.Start(t, "DATABASE_URL="+pgtest.URL(t))
	owner(t, k)
	b := asks(t, k.Browser(), testkit.Ada)
	code := codeIn(t, k.Mail(testkit.Ada))
	answer := make(chan testkit.Page, 1)
	err := k.App.DB.InTx(t.Context(), func(ctx context.Context) error {
		u, err := k.App.Users.Lock(ctx, k.Text(`SELECT id FROM users`))
		if err != nil {
			return err
		}
		go func() { answer <- b.Post(codePath, "code", code) }()
		testkit.Await(t, k.App.DB, "UPDATE users SET disabled_at = disabled_at")
		return k.App.Audit.Emit(ctx, audit.Event{Name: audit.OthersEnded, User: u})
	})
	if p := <-answer; err != nil || p.Status != http.StatusNotFound || k.Count(`SELECT count(*) FROM logins`) != 0 {
		t.Errorf("%v, %s", err, p)
	}
}

// TestACodeThatIsUsedMeanwhile gives the session another token and ends its codes, as the first press of a button does, while
// the second waits to read them: then it is told to load the page again, and not that there is no code.
func TestACodeThatIsUsedMeanwhile(t *testing.T) {
	k := testkit.Start(t, "DATABASE_URL="+pgtest.URL(t))
	owner(t, k)
	b := asks(t, k.Browser(), testkit.Ada)
	code := codeIn(t, k.Mail(testkit.Ada))
	answer := make(chan testkit.Page, 1)
	err := k.App.DB.InTx(t.Context(), func(ctx context.Context) error {
		if _, err := k.App.DB.ExecContext(ctx, `LOCK TABLE mail_logins IN ACCESS EXCLUSIVE MODE`); err != nil {
			return err
		}
		go func() { answer <- b.Post(codePath, "code", code) }()
		testkit.Await(t, k.App.DB, "SELECT token_hash")
		if _, err := k.App.DB.ExecContext(ctx, `UPDATE sessions SET token_hash = 'another' WHERE id = (SELECT visitor FROM mail_logins)`); err != nil {
			return err
		}
		_, err := k.App.DB.ExecContext(ctx, `DELETE FROM mail_logins WHERE email = $1`, testkit.Ada)
		return err
	})
	if p := <-answer; err != nil || p.Status != http.StatusConflict {
		t.Errorf("%v, %s", err, p)
	}
}

// TestTheLastLinkThatWasOpenedCounts opens several links in one browser.
func TestTheLastLinkThatWasOpenedCounts(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	b, phone := k.Browser(), k.Browser()
	var sent []mail.Mail
	for range 2 {
		asks(t, b, testkit.Ada)
		sent = append(sent, k.Mail(testkit.Ada))
		k.Clock.Advance(time.Second)
	}
	for _, m := range []mail.Mail{sent[0], sent[1], sent[0]} {
		phone.Get(testkit.Link(m))
		phone.Get(linkPath).ExpectText(t, http.StatusOK, codeIn(t, m))
	}
	phone.Get(linkPath+"?token=lost").Expect(t, http.StatusSeeOther, linkPath)
	phone.Get(linkPath).ExpectText(t, http.StatusNotFound, "This link does not work")
}

// TestTriesAreCountedByAccount holds that neither a new code nor a new browser brings new tries, and that an unknown account
// counts as one that is there; a browser that is known to the account has its own.
func TestTriesAreCountedByAccount(t *testing.T) {
	for _, email := range []string{testkit.Ada, "nobody@example.org"} {
		testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
			known := testkit.Verified(t, k, testkit.Ada)
			known.Post("/logout")
			for try := range 5 {
				b := asks(t, k.Browser(), email)
				if p := b.Post(codePath, "code", "CCCC-CCCC"); testkit.Limited(p) != (try >= 4) {
					t.Errorf("%s: try %d: %s", email, try, p)
				}
			}
			last := asks(t, k.Browser(), email)
			if p := last.Post(codePath, "code", codeOr(k)); !testkit.Limited(p) {
				t.Errorf("the right code, after the last try: %s", p)
			}
			asks(t, known, testkit.Ada)
			known.Post(codePath, "code", codeIn(t, k.Mail(testkit.Ada))).Expect(t, http.StatusSeeOther, "/account")
		}, "LIMIT_MAIL_LOGIN_ACCOUNT=4", "LIMIT_MAIL_ACCOUNT=100")
	}
}

// codeOr returns the code of the newest mail, or one that is of no mail.
func codeOr(k *testkit.Kit) string {
	all := k.Mails()
	if code := codes.FindString(all[len(all)-1].Text); code != "" {
		return code
	}
	return "CCCC-CCCD"
}

func TestASuccessGivesItsTryBack(t *testing.T) {
	k := testkit.Start(t, "LIMIT_MAIL_LOGIN_ACCOUNT=1", "LIMIT_MAIL_LOGIN_ADDRESS=1")
	owner(t, k)
	for range 3 {
		b := asks(t, k.Browser(), testkit.Ada)
		b.Post(codePath, "code", codeIn(t, k.Mail(testkit.Ada))).Expect(t, http.StatusSeeOther, "/account")
	}
}

func TestACodeWorksForTenMinutes(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		for _, after := range []time.Duration{10*time.Minute - time.Second, 10 * time.Minute} {
			b := asks(t, k.Browser(), testkit.Ada)
			m := k.Mail(testkit.Ada)
			b.Get(testkit.Link(m))
			k.Clock.Advance(after)
			works := after < 10*time.Minute
			if p := b.Get(linkPath); (p.Status == http.StatusOK) != works {
				t.Errorf("the link after %v: %s", after, p)
			}
			if p := b.Post(codePath, "code", codeIn(t, m)); (p.To == "/account") != works {
				t.Errorf("the code after %v: %s", after, p)
			}
		}
		testkit.Sweep(t, k)
		if n := k.Count(`SELECT count(*) FROM mail_logins`); n != 0 {
			t.Errorf("%d codes are left", n)
		}
	})
}

// TestNoAnswerTellsAnAccount compares all that a browser sees, for an account and for what is none.
func TestNoAnswerTellsAnAccount(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		k.Browser().Register(testkit.Ben) // not verified
		k.Browser().Register("eve@example.org")
		k.Exec(`UPDATE users SET verified_at = created_at, disabled_at = created_at WHERE email = 'eve@example.org'`)
		see := func(email string) (seen []string) {
			b := k.Browser()
			look := func(p testkit.Page) {
				seen = append(seen, p.String(), strings.ReplaceAll(p.Body, email, "ADDRESS"))
			}
			look(b.Post(askPath, "email", email))
			look(b.Get(codePath))
			look(b.Post(codePath, "code", "CCCC-CCCC"))
			look(b.Post(codePath, "code", "rubbish"))
			look(b.Get(codePath))
			return seen
		}
		clean := func(seen []string) string {
			return regexp.MustCompile(`[\w.]+@example\.org`).ReplaceAllString(strings.Join(seen, "\n"), "ADDRESS")
		}
		want := clean(see(testkit.Ada))
		for email, mails := range map[string]int{testkit.Ben: 0, "eve@example.org": 0, "nobody@example.org": 0} {
			if got := clean(see(email)); got != want {
				t.Errorf("%s: want\n%s\ngot\n%s", email, want, got)
			}
			n := 0
			for _, s := range testkit.Subjects(k, email) {
				if s == subject {
					n++
				}
			}
			if n != mails {
				t.Errorf("%s has got %d codes", email, n)
			}
		}
		rows := k.Count(`SELECT count(*) FROM mail_logins`)
		decoys := k.Count(`SELECT count(*) FROM outbox WHERE kind = 'mail-login' AND state = 'decoy'`)
		if real := k.Count(`SELECT count(*) FROM mail_logins WHERE user_id IS NOT NULL`); rows != 4 || real != 1 || decoys != 3 {
			t.Errorf("%d rows, %d of an account, %d decoys", rows, real, decoys)
		}
	})
}

// TestACodeEndsWithWhatEndsLogins holds that a code that was sent before does not open what its owner has closed.
func TestACodeEndsWithWhatEndsLogins(t *testing.T) {
	acts := map[string]func(t *testing.T, k *testkit.Kit, in *testkit.Browser){
		"new password": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			in.Post("/account/password", "current", testkit.Password, "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		},
		"others ended": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			in.Post("/account/devices/end-others").Expect(t, http.StatusSeeOther)
		},
		"password by mail": func(t *testing.T, k *testkit.Kit, _ *testkit.Browser) {
			b := k.Browser()
			b.Post("/password/forgot", "email", testkit.Ada)
			testkit.Press(t, b, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		},
		"not me": func(t *testing.T, k *testkit.Kit, _ *testkit.Browser) {
			k.Browser().LogIn(testkit.Ada)
			testkit.Press(t, k.Browser(), k.Mail(testkit.Ada)).Expect(t, http.StatusSeeOther)
		},
		"address taken back": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			in.Post("/account/email", "email", "new@example.org").Expect(t, http.StatusSeeOther)
			testkit.Press(t, in, k.Mail("new@example.org")).Expect(t, http.StatusSeeOther)
			m := k.Mail(testkit.Ada)
			latest := asks(t, k.Browser(), "new@example.org")
			testkit.Press(t, k.Browser(), m).Expect(t, http.StatusSeeOther)
			if p := latest.Post(codePath, "code", codeIn(t, k.Mail("new@example.org"))); p.Status == http.StatusSeeOther {
				t.Errorf("a code to the address that was put in place: %s", p)
			}
		},
		"another address": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			in.Post("/account/email", "email", "new@example.org").Expect(t, http.StatusSeeOther)
			testkit.Press(t, in, k.Mail("new@example.org")).Expect(t, http.StatusSeeOther)
		},
		"ended by an operator": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			if err := k.App.Operator.EndLogins(t.Context(), k.Text(`SELECT id FROM users`)); err != nil {
				t.Fatal(err)
			}
		},
		"disabled for a while": func(t *testing.T, k *testkit.Kit, in *testkit.Browser) {
			if err := k.App.Operator.Disable(t.Context(), k.Text(`SELECT id FROM users`)); err != nil {
				t.Fatal(err)
			}
			if err := k.App.Operator.Enable(t.Context(), k.Text(`SELECT id FROM users`)); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			k := testkit.Start(t)
			in := testkit.Verified(t, k, testkit.Ada)
			b := asks(t, k.Browser(), testkit.Ada)
			code := codeIn(t, k.Mail(testkit.Ada))
			act(t, k, in)
			if p := b.Post(codePath, "code", code); p.Status == http.StatusSeeOther || testkit.LoggedIn(b) {
				t.Errorf("it still works: %s", p)
			}
		})
	}
}

// TestOnlyAVerifiedAddressLogsIn is pre-hijacking: somebody registers with Ada's address, and waits until she logs in.
func TestOnlyAVerifiedAddressLogsIn(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		thief := k.Browser().Register(testkit.Ada)
		ada := asks(t, k.Browser(), testkit.Ada)
		for _, s := range testkit.Subjects(k, testkit.Ada) {
			if s == subject {
				t.Error("an address that was not verified has got a code")
			}
		}
		testkit.Press(t, ada, k.Mail(testkit.Ada), "choose", "1") // as its first mail offers
		ada.Post("/password/reset", "password", testkit.NewPassword).Expect(t, http.StatusSeeOther)
		asks(t, ada, testkit.Ada)
		ada.Post(codePath, "code", codeIn(t, k.Mail(testkit.Ada))).Expect(t, http.StatusSeeOther, "/account")
		if testkit.LoggedIn(thief) || testkit.Opens(k, testkit.Ada, testkit.Password) {
			t.Error("what the thief had opens the account")
		}
	})
}

func TestThreeCodesWorkAndOneUseEndsAll(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	b := k.Browser()
	var sent []string
	for range 4 {
		asks(t, b, testkit.Ada)
		sent = append(sent, codeIn(t, k.Mail(testkit.Ada)))
		k.Clock.Advance(time.Second)
	}
	b.Post(codePath, "code", sent[0]).ExpectText(t, http.StatusUnprocessableEntity, "This code does not work")
	b.Post(codePath, "code", sent[1]).Expect(t, http.StatusSeeOther, "/account")
	if n := k.Count(`SELECT count(*) FROM mail_logins`); n != 0 {
		t.Errorf("%d codes are left", n)
	}
}

// TestTheSecretsAreKeptNowhere looks for the code and the token where they must not be.
func TestTheSecretsAreKeptNowhere(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	b := asks(t, k.Browser(), testkit.Ada)
	m := k.Mail(testkit.Ada)
	code := strings.ReplaceAll(codeIn(t, m), "-", "")
	_, token, _ := strings.Cut(testkit.Link(m), "token=")
	row := k.Text(`SELECT token_hash || code_hash || visitor || email || next || asked_from || shown FROM mail_logins`)
	b.Get(testkit.Link(m))
	b.Post(codePath, "code", code).Expect(t, http.StatusSeeOther)
	for _, secret := range []string{code, codeIn(t, m), token} {
		if strings.Contains(row, secret) || strings.Contains(k.Log.String(), secret) {
			t.Errorf("%s is in the table or the log", secret)
		}
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
