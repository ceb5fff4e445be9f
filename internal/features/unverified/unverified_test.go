package unverified_test

import (
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/user"
)

const (
	day     = 24 * time.Hour
	subject = "Your account will be deleted"
)

func warned(k *testkit.Kit, email string) (n int) {
	for _, s := range testkit.Subjects(k, email) {
		if s == subject {
			n++
		}
	}
	return n
}

func TestAnAccountThatIsNeverVerifiedEnds(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(testkit.Ada)
		testkit.Verified(t, k, testkit.Ben)
		testkit.Add(t, k, "operators@example.org")
		k.Browser().Register("admin@example.org")
		if err := k.App.Operator.SetRole(t.Context(), k.Text(`SELECT id FROM users WHERE email = 'admin@example.org'`), user.RoleAdmin); err != nil {
			t.Fatal(err)
		}
		users := func() int { return k.Count(`SELECT count(*) FROM users`) }

		k.Clock.Advance(26 * day)
		if testkit.Sweep(t, k); warned(k, testkit.Ada) != 0 {
			t.Error("warned too early")
		}
		k.Clock.Advance(day + time.Minute)
		for range 2 {
			if testkit.Sweep(t, k); warned(k, testkit.Ada) != 1 {
				t.Fatalf("warned %d times: %q", warned(k, testkit.Ada), testkit.Subjects(k, testkit.Ada))
			}
		}
		m := k.Mail(testkit.Ada)
		text := strings.Join(strings.Fields(m.Text), " ") // where its lines end is a matter of the site's name
		if !strings.Contains(text, k.Clock.Now().Add(3*day).UTC().Format("2 January 2006")) || !strings.Contains(text, k.URL+"/login") {
			t.Error(m.Text)
		}
		k.Clock.Advance(3*day - time.Hour)
		if testkit.Sweep(t, k); users() != 4 {
			t.Error("deleted too early")
		}
		k.Clock.Advance(time.Hour)
		testkit.Sweep(t, k)
		if users() != 3 || testkit.Opens(k, testkit.Ada, testkit.Password) || k.Count(`SELECT count(*) FROM unverified_warnings`) != 0 {
			t.Errorf("%d accounts", users())
		}
		testkit.Sweep(t, k) // writes what the one before did to the log
		if !strings.Contains(k.Log.String(), "event=account.never_verified") {
			t.Error("the log says nothing of it")
		}
		k.Clock.Advance(300 * day)
		if testkit.Sweep(t, k); users() != 3 || warned(k, testkit.Ben)+warned(k, "operators@example.org")+warned(k, "admin@example.org") != 0 {
			t.Errorf("%d accounts: one with a verified address, or of an operator, is gone or was warned", users())
		}
		k.Browser().Register(testkit.Ada) // free again
	})
}

func TestWhoVerifiesInTimeStays(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().Register(testkit.Ada)
	k.Clock.Advance(28 * day)
	testkit.Sweep(t, k)
	b.LogIn(testkit.Ada)
	b.Post("/verify-email/resend")
	testkit.Press(t, b, k.Mail(testkit.Ada))
	k.Clock.Advance(300 * day)
	if testkit.Sweep(t, k); !testkit.Opens(k, testkit.Ada, testkit.Password) {
		t.Error("gone")
	}
}

// TestNobodyEndsUnwarned: a warning that could not be sent in time puts the end off.
func TestNobodyEndsUnwarned(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().Register(testkit.Ada)
	k.Clock.Advance(40 * day)
	b.LogIn(testkit.Ada)
	for range 6 {
		b.Post("/verify-email/resend")
	}
	testkit.Sweep(t, k)
	if warned(k, testkit.Ada) != 0 || k.Count(`SELECT count(*) FROM users`) != 1 {
		t.Fatal("warned beyond the limit of mails, or deleted without")
	}
	k.Clock.Advance(time.Hour)
	if testkit.Sweep(t, k); warned(k, testkit.Ada) != 1 || k.Count(`SELECT count(*) FROM users`) != 1 {
		t.Error("not warned, or deleted at once")
	}
	k.Clock.Advance(3 * day)
	if testkit.Sweep(t, k); k.Count(`SELECT count(*) FROM users`) != 0 {
		t.Error("not deleted")
	}
}

func TestNothingIsDeletedWithoutALifetimeOrMail(t *testing.T) {
	for _, settings := range [][]string{
		{"UNVERIFIED_LIFETIME=0"},
		{"APP_ENV=production", "BASE_URL=http://127.0.0.1", "BCRYPT_COST=10", "PASSWORD_MIN_LENGTH=15"},
	} {
		k := testkit.Start(t, settings...)
		k.Exec(`INSERT INTO users (id, email, email_key, name, role, password_hash, password_changed_at, created_at, disabled_at)
			VALUES ('u', 'ada@example.org', 'ada@example.org', '', '', '', 1, 1, 0)`)
		testkit.Sweep(t, k)
		k.Clock.Advance(300 * day)
		if testkit.Sweep(t, k); k.Count(`SELECT count(*) FROM users`) != 1 || k.Count(`SELECT count(*) FROM outbox`) != 0 {
			t.Errorf("%v", settings)
		}
	}
}
