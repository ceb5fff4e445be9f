package operator_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	pw "example.com/latchkey/internal/password"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
	"example.com/latchkey/internal/user"
)

// What an operator does, or the user on a lost device's account, ends everything that leads into the account.
func TestAnOperatorsChangeEndsWhatLeadsIn(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		m := k.App.Operator
		chosen, problem := k.App.Policy.Check(t.Context(), testkit.Password, pw.Personal{})
		if problem != "" {
			t.Fatal(problem)
		}
		k.Browser().Register(testkit.Ada)
		id := k.Text(`SELECT id FROM users`)
		for name, act := range map[string]func(ctx context.Context) error{
			"disable, and enable before anybody looks": func(ctx context.Context) error { return errors.Join(m.Disable(ctx, id), m.Enable(ctx, id)) },
			"another password":                         func(ctx context.Context) error { return m.SetPassword(ctx, id, chosen) },
		} {
			b := k.Browser().LogIn(testkit.Ada)
			b.Post("/account/email", "email", "other@example.org")
			b.Post("/verify-email/resend")
			verification := k.Mail(testkit.Ada)
			k.Browser().Post("/password/forgot", "email", testkit.Ada)
			if err := act(t.Context()); err != nil {
				t.Fatal(name, err)
			}
			if testkit.LoggedIn(b) || k.Count(`SELECT count(*) FROM known_browsers`) != 0 {
				t.Errorf("%s: somebody is in, or known", name)
			}
			for _, m := range []mail.Mail{verification, k.Mail(testkit.Ada), k.Mail("other@example.org")} {
				if p := testkit.Press(t, k.Browser(), m, "password", testkit.NewPassword); !testkit.BrokenLink(p) {
					t.Errorf("%s: “%s” still works: %s", name, m.Subject, p)
				}
			}
			if !testkit.Opens(k, testkit.Ada, testkit.Password) {
				t.Errorf("%s: the password does not open the account", name)
			}
		}
	}, "LIMIT_MAIL_UNVERIFIED=50")
}

func TestNobodyIsInvitedTwiceIntoTheirAccount(t *testing.T) {
	k := testkit.Start(t, "REGISTRATION=invite")
	u := testkit.Add(t, k, testkit.Ada)
	if !u.Verified() {
		t.Fatal(u) // the operator vouches for the address
	}
	if b := k.Browser().LogIn(testkit.Ada); !b.Get("/account").Says("Verified") {
		t.Error("not verified")
	}
	if _, err := k.App.Operator.Invite(t.Context(), " ADA@example.org"); !errors.Is(err, user.ErrTaken) || len(testkit.Subjects(k, testkit.Ada)) != 1 {
		t.Errorf("%v, %q", err, testkit.Subjects(k, testkit.Ada))
	}
}

// Somebody logs in at the moment of the deletion: they wait for it, and then there is no such account.
func TestADeletionLeavesNoLoginBehind(t *testing.T) {
	k := testkit.Start(t, "DATABASE_URL="+pgtest.URL(t))
	late := testkit.Verified(t, k, testkit.Ada)
	late.Post("/logout")
	k.Flush()
	id := k.Text(`SELECT id FROM users`)
	answer, deleted := make(chan testkit.Page, 1), make(chan error, 1)
	err := k.App.DB.InTx(t.Context(), func(ctx context.Context) error {
		_, err := k.App.DB.ExecContext(ctx, `LOCK TABLE outbox IN EXCLUSIVE MODE`) // so the message about the deletion waits
		go func() { deleted <- k.App.Account.Delete(context.Background(), id) }()
		testkit.Await(t, k.App.DB, 1)
		go func() { answer <- late.Post("/login", "email", testkit.Ada, "password", testkit.Password) }()
		testkit.Await(t, k.App.DB, 2)
		return err
	})
	(<-answer).Expect(t, http.StatusUnprocessableEntity)
	if err := errors.Join(err, <-deleted); err != nil {
		t.Fatal(err)
	}
	if testkit.LoggedIn(late) || k.Count(`SELECT count(*) FROM logins`) != 0 || k.Count(`SELECT count(*) FROM users`) != 0 {
		t.Error("a login is left behind")
	}
}

func TestTheTokenOfADeletedAccountDies(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(testkit.Ada)
		old := b.Copy()
		b.Post("/account/delete", "confirm", "1")
		if p := old.Post(testkit.Private, "title", "x"); p.Status != http.StatusConflict || b.Cookie("latchkey") == old.Cookie("latchkey") {
			t.Error(p)
		}
	})
}

// What a transaction did that was tried again happened once, and so it stands in the log.
func TestAnEventIsLoggedOnceItHappened(t *testing.T) {
	k := testkit.Start(t, "DATABASE_URL="+pgtest.URL(t))
	did := testkit.Stumble(t, k.App.DB, "outbox") // written last
	k.Browser().Register(testkit.Ada)
	for _, event := range []string{"account.registered", "login.started"} {
		if n := strings.Count(k.Log.String(), "event="+event+" "); !did() || n != 1 || k.Count(`SELECT count(*) FROM events WHERE name = $1`, event) != 1 {
			t.Errorf("%s: %d times in the log (tried again: %v)", event, n, did())
		}
	}
}
