package maillogin_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

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

// TestAnUnknownAccountIsAsMuchWork counts the rows that asking and a wrong code write, with an account and without. It prints
// the times, and judges none.
func TestAnUnknownAccountIsAsMuchWork(t *testing.T) {
	k := testkit.Start(t, "LIMIT_MAIL_ADDRESS=100000", "LIMIT_MAIL_LOGIN_ADDRESS=100000", "LIMIT_VISITOR_ADDRESS=100000")
	written := func() (n int) {
		for _, table := range []string{"mail_logins", "outbox", "events", "rate_limits", "sessions"} {
			n += k.Count(`SELECT count(*) FROM ` + table)
		}
		return n
	}
	first := asks(t, k.Browser(), "first@example.org") // makes the network's own buckets
	first.Post(codePath, "code", "CCCC-CCCC")
	var took [2][]time.Duration
	var rows [2]int
	for i := range 25 {
		for j, email := range []string{fmt.Sprintf("user%02d@example.org", i), fmt.Sprintf("nobody%02d@example.org", i)} {
			if j == 0 {
				testkit.Add(t, k, email)
				k.Exec(`UPDATE users SET verified_at = created_at`)
			}
			b := k.Browser()
			for b.Cookie("latchkey") == "" { // on a busy machine a page goes out before its visit could be stored
				b.Get("/")
			}
			before, start := written(), time.Now()
			asks(t, b, email)
			b.Post(codePath, "code", "CCCC-CCCC").Expect(t, http.StatusUnprocessableEntity)
			took[j] = append(took[j], time.Since(start))
			rows[j] += written() - before
		}
	}
	for j, name := range []string{"with an account", "without"} {
		slices.Sort(took[j])
		t.Logf("%-16s p10 %v, p50 %v, p90 %v; %d rows written", name, took[j][2], took[j][12], took[j][22], rows[j])
	}
	if rows[0] != rows[1] || rows[0] < 25*4 {
		t.Errorf("%d rows are written with an account, %d without", rows[0], rows[1])
	}
}
