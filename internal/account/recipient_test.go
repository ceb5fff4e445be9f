package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// TestAStrangersMailboxIsNotFilled is everything that sends mail, aimed at an address that nobody has verified.
func TestAStrangersMailboxIsNotFilled(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		bomb := func(rounds int) {
			for range rounds { // register, and what an account with this address may do; then once more
				b := k.Browser().Register(ada)
				b.Post("/verify-email/resend")
				k.Browser().LogIn(ada)
				k.Browser().Post("/password/forgot", "email", ada)
				b.Post("/account/password", "current", testkit.Password, "password", password)
				b.Post("/account/export")
				if p := b.Post("/account/delete", "confirm", "1"); p.To != "/" {
					t.Fatal(p)
				}
				other := testkit.Verified(t, k, ben)
				other.Post("/account/email", "email", ada)
				other.Post("/account/delete", "confirm", "1")
			}
		}
		sent := func() int {
			return k.Count(`SELECT count(*) FROM outbox WHERE state = 'mailbox' AND kind <> 'deleted'`)
		}
		// Mails go with their accounts, so they are counted as they are written.
		k.Exec(`CREATE TABLE written (n BIGINT)`)
		trigger(k)
		bomb(3)
		if n := k.Count(`SELECT count(*) FROM written`); n != 5 {
			t.Errorf("%d mails to it, %d kept", n, sent())
		}
		k.Clock.Advance(15 * time.Minute)
		bomb(2)
		k.Clock.Advance(time.Hour)
		bomb(2)
		if n := k.Count(`SELECT count(*) FROM written`); n < 10 || n > 11 { // 10 a day, and what came back in an hour and a quarter
			t.Errorf("%d mails to it in an hour", n)
		}
	}, "LIMIT_MAIL_ADDRESS=1000", "LIMIT_HASH_ADDRESS=1000", "LIMIT_LINK_ADDRESS=1000", "LIMIT_MAIL_ACCOUNT=1000")
}

// trigger writes a line for each mail that goes to ada.
func trigger(k *testkit.Kit) {
	if k.App.DB.Postgres() {
		k.Exec(`CREATE FUNCTION note() RETURNS trigger AS $$ BEGIN INSERT INTO written VALUES (1); RETURN NEW; END $$ LANGUAGE plpgsql`)
		k.Exec(`CREATE TRIGGER mails AFTER INSERT ON outbox FOR EACH ROW WHEN (NEW.recipient = 'ada@example.org') EXECUTE FUNCTION note()`)
		return
	}
	k.Exec(`CREATE TRIGGER mails AFTER INSERT ON outbox WHEN NEW.recipient = 'ada@example.org' BEGIN INSERT INTO written VALUES (1); END`)
}

// TestNoticesOfOneKindSilenceNoOther: many log ins do not keep from the owner what a thief does then.
func TestNoticesOfOneKindSilenceNoOther(t *testing.T) {
	k := testkit.Start(t, "LIMIT_MAIL_ACCOUNT=2")
	testkit.Verified(t, k, ada)
	var thief *testkit.Browser
	for range 5 {
		thief = k.Browser().LogIn(ada)
	}
	for range 3 {
		thief.Post("/account/export")
		thief.Post("/account/password", "current", testkit.Password, "password", password)
		thief.Post("/account/password", "current", password, "password", testkit.Password)
	}
	thief.Post("/account/email", "email", ben)
	testkit.Press(t, thief, k.Mail(ben))
	got := map[string]int{}
	for _, subject := range testkit.Subjects(k, ada) {
		got[subject]++
	}
	for subject, want := range map[string]int{
		"New login to your account": 2, "Your data was downloaded": 3, "Your password was changed": 6, "Your address was changed": 1,
	} {
		if got[subject] != want {
			t.Errorf("%s: %d, want %d", subject, got[subject], want)
		}
	}
}

// TestThisWasntMeOfAnAddressThatWasNeverVerified: the thief has moved the account away, and has it all the same.
func TestThisWasntMeOfAnAddressThatWasNeverVerified(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner := k.Browser().Register(ada)
		thief := k.Browser().LogIn(ada)
		notMe := k.Mail(ada)
		change(t, k, thief, thiefs)
		testkit.Press(t, k.Browser(), notMe)
		if testkit.LoggedIn(thief) || testkit.LoggedIn(owner) || testkit.Opens(k, thiefs, testkit.Password) {
			t.Error("somebody is still in")
		}
		if hasAddress(k, ada) {
			t.Error("whoever reads a stranger's mail has taken the account over")
		}
	})
}

// TestOneOfTheNoticesLinksEndsTheOthers has two notices of which each has a button: once one is pressed and a new password is chosen, the
// other must not take that away.
func TestOneOfTheNoticesLinksEndsTheOthers(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		k.Browser().LogIn(ada)
		one := k.Mail(ada)
		k.Browser().LogIn(ada)
		other := k.Mail(ada)
		testkit.Press(t, k.Browser(), one)
		if testkit.Opens(k, ada, testkit.Password) {
			t.Fatal("the first did nothing")
		}
		b := k.Browser()
		b.Get(testkit.Link(other))
		b.Get("/not-me").Expect(t, http.StatusNotFound)
	})
}

func TestNoGoodbyeToAStranger(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Register(ada).Post("/account/delete", "confirm", "1")
	if got := testkit.Subjects(k, ada); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// TestLinksWithWhatSticksToThem is what people copy out of their mails.
func TestLinksWithWhatSticksToThem(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Register(ada)
	k.Browser().Post("/password/forgot", "email", ada)
	link := testkit.Link(k.Mail(ada))
	for _, stuck := range []string{".", "%3E", ")", "%22", "%20", "%0D%0AIf%20it%20was%20not%20you", "%E2%80%9D,", "'", "%C2%A0"} {
		b := k.Browser()
		if p := page(b, link+stuck); p.Status != http.StatusOK || !p.Says("Choose a new password") {
			t.Errorf("%s: %s", stuck, p)
		}
	}
	if p := page(k.Browser(), strings.Replace(link, "token=", "token=%20%3C", 1)); p.Status != http.StatusOK {
		t.Errorf("before it: %s", p)
	}
	for _, other := range []string{"a", "-", "_A"} {
		if p := page(k.Browser(), link+other); !testkit.BrokenLink(p) || p.Says("in this browser") {
			t.Errorf("%s: %s", other, p)
		}
	}
	for _, path := range []string{"/password/reset", "/verify-email", "/not-me", "/account/email/undo"} {
		if p := k.Browser().Get(path); !testkit.BrokenLink(p) || !p.Says("Open the link in the mail once more, in this browser") {
			t.Errorf("%s without a link: %s", path, p)
		}
	}
}

func TestAnAddressThatIsReservedIsNotFreeAtTheMoment(t *testing.T) {
	k := testkit.Start(t)
	change(t, k, testkit.Verified(t, k, ada), ben)
	register := func() testkit.Page {
		return k.Browser().Post("/register", "email", ada, "password", testkit.Password)
	}
	if p := register(); p.Status != http.StatusUnprocessableEntity || !p.Says("not free at the moment") {
		t.Error(p)
	}
	k.Clock.Advance(8 * 24 * time.Hour)
	if p := register(); p.Status != http.StatusSeeOther {
		t.Error(p)
	}
}

// TestOneAccountHoweverItsAddressIsTyped goes through the forms.
func TestOneAccountHoweverItsAddressIsTyped(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser()
		if p := b.Post("/register", "email", "\u200bmailto:Ada@xn--mnchen-3ya.example ", "password", testkit.Password); p.Status != http.StatusSeeOther || !b.Get("/account").Says("Ada@münchen.example") {
			t.Fatal(p)
		}
		if m := k.Mail("Ada@münchen.example"); m.Subject != "Verify your e-mail address" {
			t.Error(m.Subject)
		}
		for _, typed := range []string{"ada@münchen.example", "ADA@MÜNCHEN.EXAMPLE", "ada@mu\u0308nchen.example", "ａｄａ@xn--mnchen-3ya.example", "Ada <ada@münchen.example>"} {
			k.Browser().LogIn(typed)
			if p := k.Browser().Post("/register", "email", typed, "password", testkit.Password); p.Status != http.StatusUnprocessableEntity || !p.Says("There is an account") {
				t.Errorf("%q: %s", typed, p)
			}
		}
		for _, none := range []string{"ada", "ada@", "a@-x.org", "ada@example.org'", "ada@" + strings.Repeat("a", 64) + ".org", ""} {
			for _, path := range []string{"/login", "/register", "/password/forgot"} {
				p := k.Browser().Post(path, "email", none, "password", testkit.Password)
				if p.Status != http.StatusUnprocessableEntity || !p.Says("Write an e-mail address, like ada@example.org.") {
					t.Errorf("%s %q: %s", path, none, p)
				}
			}
		}
	})
}

// TestABrowserWithoutCookiesIsToldSo: it would be led from log in to log in, without a word.
func TestABrowserWithoutCookiesIsToldSo(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Register(ada)
	const says = "Your browser does not keep the cookie"
	b := k.Browser()
	b.Header.Set("Referer", k.URL+"/login")
	if p := b.Get("/login?next=%2Faccount"); p.Status != 200 || !p.Says(says) {
		t.Errorf("blocked: %s", p)
	}
	if p := b.Get("/login?next=%2Faccount"); p.Says(says) {
		t.Errorf("it has a cookie now: %s", p)
	}
	for _, from := range []string{"", k.URL + "/", "https://evil.example/login"} {
		b := k.Browser()
		b.Header.Set("Referer", from)
		if p := b.Get("/login"); p.Says(says) {
			t.Errorf("from %q: %s", from, p)
		}
	}
}
