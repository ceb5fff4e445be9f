package account_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// exhaust sends a form until it is refused.
func exhaust(t *testing.T, b *testkit.Browser, path string, fields ...string) {
	t.Helper()
	for range 30 {
		if testkit.Limited(b.Post(path, fields...)) {
			return
		}
	}
	t.Fatalf("%s is not limited", path)
}

func TestEveryLinkIsLimitedByAddress(t *testing.T) {
	for _, l := range links {
		k := testkit.Start(t, "LIMIT_LINK_ADDRESS=6")
		m, b := l.make(t, k)
		exhaust(t, k.Browser(), "/verify-email", "token", strings.Repeat("A", 43))
		if p := testkit.Press(t, b, m, l.fields...); !testkit.Limited(p) {
			t.Errorf("%s: %s", l.name, p)
		}
		k.Clock.Advance(15 * time.Minute)
		if p := testkit.Press(t, b, m, l.fields...); p.Status >= 400 {
			t.Errorf("%s: used up by a refusal: %s", l.name, p)
		}
	}
}

func TestEveryMailIsLimitedByAddress(t *testing.T) {
	k := testkit.Start(t, "LIMIT_MAIL_ADDRESS=3")
	b := k.Browser().Register(ada)
	exhaust(t, k.Browser(), "/password/forgot", "email", "nobody@example.org")
	before := len(k.Mails())
	for path, fields := range map[string][]string{"/account/email": {"email", ben}, "/verify-email/resend": nil, "/password/forgot": {"email", ada}} {
		if p := b.Post(path, fields...); !testkit.Limited(p) || len(k.Mails()) != before {
			t.Errorf("%s: %s, %d mails", path, p, len(k.Mails())-before)
		}
	}
}

// Beyond its account's limit a mail is not sent; the answer is the same, and the links of those that were sent live on.
func TestWhatIsNotSentEndsNoLink(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		for i := range 4 { // one at the registration, and two of these
			if p := b.Post("/verify-email/resend"); p.Status != http.StatusSeeOther || p.To != "/account" {
				t.Errorf("resend %d: %s", i, p)
			}
		}
		if got := testkit.Subjects(k, ada); len(got) != 3 {
			t.Errorf("%q", got)
		}
		if p := testkit.Press(t, b, k.Mails()[0]); p.To != "/account" || !b.Get("/account").Says("Verified") {
			t.Errorf("the first verification: %s", p)
		}

		var last testkit.Page
		for i := range 4 {
			email := fmt.Sprintf("new%d@example.org", i)
			p := b.Post("/account/email", "email", email)
			if i > 0 && (p.Status != last.Status || p.To != last.To) {
				t.Errorf("the answer tells: %d, %s", last.Status, p)
			}
			if sent := len(testkit.Subjects(k, email)); sent != map[bool]int{true: 1, false: 0}[i < 2] {
				t.Errorf("address %d: %d mails", i, sent)
			}
			last = p
		}
	}, "LIMIT_MAIL_ACCOUNT=2")
}

func TestAskingForATakenAddressIsLikeAskingForAFreeOne(t *testing.T) {
	k := testkit.Start(t)
	b := testkit.Verified(t, k, ada)
	k.Browser().Register(ben)
	for _, email := range []string{ben, "free@example.org"} {
		b.Post("/account/email", "email", "new@example.org")
		first := k.Mail("new@example.org")
		b.Post("/account/email", "email", email)
		if p := testkit.Press(t, b, first); !testkit.BrokenLink(p) { // given up for the second
			t.Errorf("%s: %s: what happens to the first tells whether the second has an account", email, p)
		}
	}
}

func TestRegistrationsOfOneAddressAreLimitedInSilence(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		first := k.Browser()
		for i := range 5 {
			b := first
			if i > 0 {
				b = k.Browser()
			}
			if p := b.Post("/register", "email", ada, "password", testkit.Password); p.Status != http.StatusSeeOther || p.To != "/register/sent" {
				t.Errorf("%d: the answer tells: %s", i, p)
			}
			k.Clock.Advance(time.Second)
		}
		if got := testkit.Subjects(k, ada); len(got) != 3 {
			t.Errorf("%q", got)
		}
		if p := testkit.Press(t, first, k.Mails()[0]); p.To != "/account" {
			t.Errorf("the first that was sent: %s", p)
		}
	}, "REGISTRATION=verify", "LIMIT_MAIL_ACCOUNT=3")
}

// changeThrice changes the address three times, and returns the first link that takes it back.
func changeThrice(t *testing.T, k *testkit.Kit, b *testkit.Browser) (undo string) {
	t.Helper()
	for i := range 3 {
		email := fmt.Sprintf("a%d@example.org", i)
		b.Post("/account/email", "email", email)
		testkit.Press(t, b, k.Mail(email))
		if i == 0 {
			undo = testkit.Link(k.Mail(ada))
		}
		k.Clock.Advance(time.Second)
	}
	return undo
}

func TestTheAddressCanBeChangedAgainWhenNoChangeCanBeTakenBack(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := testkit.Verified(t, k, ada)
		undo := changeThrice(t, k, b)
		p := b.Post("/account/email", "email", ben)
		after, err := strconv.Atoi(p.Header.Get("Retry-After"))
		if wait := time.Duration(after) * time.Second; p.Status != http.StatusTooManyRequests || err != nil || wait > 7*24*time.Hour || wait < 7*24*time.Hour-time.Minute {
			t.Errorf("while three can: %s, come back in %s", p, wait)
		}
		// Taken back, all three.
		page(b, undo)
		if p := b.Post("/account/email/undo"); p.Status != http.StatusSeeOther {
			t.Fatal(p)
		}
		testkit.Press(t, b, k.Mail(ada), "password", testkit.Password)
		b.LogIn(ada)
		changeThrice(t, k, b)
		if p := b.Post("/account/email", "email", ben); !testkit.Limited(p) {
			t.Errorf("three others: %s", p)
		}
		// Expired, all three.
		k.Clock.Advance(7*24*time.Hour + time.Minute)
		b.LogIn("a2@example.org").Post("/account/email", "email", ben).Expect(t, http.StatusSeeOther)
	}, "LIMIT_MAIL_ACCOUNT=50", "LIMIT_MAIL_ADDRESS=50", "LIMIT_LINK_ADDRESS=50")
}

func TestLettersTellTheTimeOfTheirReader(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().Register(ada)
	b.Post("/account/profile", "name", "Ada", "timezone", "Asia/Tokyo")
	k.Browser().LogIn(ada)
	if m := k.Mail(ada); !strings.Contains(m.Text, "JST") || !strings.Contains(m.Text, "Firefox on Linux") || !strings.Contains(m.Text, "127.0.0.") {
		t.Error(m.Text)
	}
}
