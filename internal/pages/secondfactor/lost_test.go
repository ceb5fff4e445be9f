package secondfactor_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

const day = 24 * time.Hour

// lost asks for the removal of Ada's factors.
func lost(t *testing.T, k *testkit.Kit) *testkit.Browser {
	t.Helper()
	b := half(t, k)
	b.Get(step).ExpectText(t, http.StatusOK, "None of these at hand?", "after 3 days")
	b.Post(step+"/lost").ExpectText(t, http.StatusOK, "We have written to you")
	return b
}

// wait lets a day go by, with the janitor at its end.
func wait(t *testing.T, k *testkit.Kit, d time.Duration) {
	t.Helper()
	k.Clock.Advance(d)
	testkit.Sweep(t, k)
}

const (
	waits = "Somebody asked to remove your second factor"
	ready = "You can remove your second factor now"
)

// count returns how many mails with the subject Ada got.
func count(k *testkit.Kit, subject string) (n int) {
	for _, s := range testkit.Subjects(k, testkit.Ada) {
		if s == subject {
			n++
		}
	}
	return n
}

func TestALostFactorIsRemovedAfterTheWaitingTime(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		b := lost(t, k)
		b.Post(step + "/lost") // asked twice is asked once
		if count(k, waits) != 1 {
			t.Fatalf("the owner is not mailed once at once: %q", testkit.Subjects(k, testkit.Ada))
		}
		guest(t, b)
		for range 2 {
			wait(t, k, day)
			testkit.Sweep(t, k)
		}
		if count(k, waits) != 3 || count(k, ready) != 0 {
			t.Errorf("after two days: %q", testkit.Subjects(k, testkit.Ada))
		}
		wait(t, k, day)
		if count(k, ready) != 1 {
			t.Fatalf("after three days: %q", testkit.Subjects(k, testkit.Ada))
		}
		anywhere := k.Browser()
		half(t, k) // nothing is removed yet
		link := k.Mail(testkit.Ada)
		testkit.Press(t, anywhere, link).Expect(t, http.StatusSeeOther, "/login")
		if got := k.Mail(testkit.Ada).Subject; got != "A second factor was removed" {
			t.Errorf("the mail is %q", got)
		}
		if p := testkit.Press(t, k.Browser(), link); !testkit.BrokenLink(p) {
			t.Errorf("the link works twice: %s", p)
		}
		k.Browser().Post("/login", "email", testkit.Ada, "password", testkit.Password).Expect(t, http.StatusSeeOther, "/account")
		if k.Count(`SELECT count(*) FROM factor_recoveries`) != 0 {
			t.Error("it still waits")
		}
	})
}

func TestAnythingOfTheOwnerCancelsTheRemoval(t *testing.T) {
	for name, c := range map[string]struct {
		when time.Duration
		do   func(t *testing.T, k *testkit.Kit, ada *testkit.Browser)
	}{
		"a log in with a factor": {day, func(t *testing.T, k *testkit.Kit, _ *testkit.Browser) {
			second(half(t, k)).Expect(t, http.StatusSeeOther, "/account")
		}},
		"the first mail": {0, func(t *testing.T, k *testkit.Kit, _ *testkit.Browser) {
			testkit.Press(t, k.Browser(), k.Mail(testkit.Ada)).Expect(t, http.StatusSeeOther, "/password/forgot")
		}},
		"the first mail, later": {2 * day, func(t *testing.T, k *testkit.Kit, _ *testkit.Browser) {
			mails := k.Mails()
			at := slices.IndexFunc(mails, func(m mail.Mail) bool { return m.Subject == waits })
			testkit.Press(t, k.Browser(), mails[at]).Expect(t, http.StatusSeeOther, "/password/forgot")
		}},
		"a new password": {day, func(t *testing.T, k *testkit.Kit, ada *testkit.Browser) {
			b := k.Browser()
			b.Post("/password/forgot", "email", testkit.Ada)
			testkit.Press(t, b, k.Mail(testkit.Ada), "password", testkit.NewPassword).Expect(t, http.StatusSeeOther, "/login")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			k := testkit.Start(t)
			ada := owner(t, k)
			lost(t, k)
			for range int(c.when / day) {
				wait(t, k, day)
			}
			c.do(t, k, ada)
			if k.Count(`SELECT count(*) FROM factor_recoveries`) != 0 || k.Count(`SELECT count(*) FROM events WHERE name = 'factor.kept'`) != 1 {
				t.Error("it still waits")
			}
			for range 5 {
				wait(t, k, day)
			}
			if count(k, ready) != 0 {
				t.Error("the link was mailed all the same")
			}
		})
	}
}

// TestCancelledAtTheLastMoment cancels when the link was mailed: it does not work any more.
func TestCancelledAtTheLastMoment(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	lost(t, k)
	for range 3 {
		wait(t, k, day)
	}
	link := k.Mail(testkit.Ada)
	second(half(t, k)).Expect(t, http.StatusSeeOther, "/account")
	if p := testkit.Press(t, k.Browser(), link); !testkit.BrokenLink(p) {
		t.Errorf("%s", p)
	}
	half(t, k)
}

// TestALinkThatNobodyUsesEnds holds that a removal is over three days after its link was mailed.
func TestALinkThatNobodyUsesEnds(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	lost(t, k)
	for range 7 {
		wait(t, k, day)
	}
	if count(k, ready) != 1 || k.Count(`SELECT count(*) FROM factor_recoveries`) != 0 {
		t.Errorf("%q", testkit.Subjects(k, testkit.Ada))
	}
}

func TestWhoCannotAskForTheRemoval(t *testing.T) {
	k := testkit.Start(t, "FACTOR_RECOVERY_AFTER=0")
	owner(t, k)
	b := half(t, k)
	b.Get(step).ExpectText(t, http.StatusOK, "!None of these at hand?")
	b.Post(step+"/lost").Expect(t, http.StatusNotFound)

	k = testkit.Start(t)
	k.Browser().Register(testkit.Ada) // who never verified the address
	k.GiveFactor(testkit.Ada)
	half(t, k).Post(step+"/lost").Expect(t, http.StatusNotFound)
	k.Browser().Post(step+"/lost").Expect(t, http.StatusSeeOther, "/login")
}
