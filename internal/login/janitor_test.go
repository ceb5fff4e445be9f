package login_test

import (
	"context"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

// The janitor has found a row that ran out, and waits for somebody who renews it at this very moment.
func TestTheJanitorSparesWhatIsRenewedMeanwhile(t *testing.T) {
	for _, c := range []struct{ table, renew string }{
		{"logins", `UPDATE logins SET seen_at = $1, expires_at = $1`},
		{"known_browsers", `UPDATE known_browsers SET expires_at = $1`},
	} {
		k := testkit.Start(t, "DATABASE_URL="+pgtest.URL(t))
		k.Browser().Register(ada)
		k.Flush()
		k.Clock.Advance(2 * 365 * 24 * time.Hour)
		swept := make(chan error, 1)
		err := k.App.DB.InTx(t.Context(), func(ctx context.Context) error {
			_, err := k.App.DB.ExecContext(ctx, c.renew, k.Clock.Now().Add(time.Hour).UnixMilli())
			go func() { _, err := k.App.Login.Sweep(context.Background()); swept <- err }()
			testkit.Await(t, k.App.DB, 1)
			return err
		})
		if err := <-swept; err != nil {
			t.Error(err)
		}
		if err != nil || k.Count(`SELECT count(*) FROM `+c.table) != 1 {
			t.Errorf("%s: swept, though renewed (%v)", c.table, err)
		}
	}
}

// A login is ended in the order of all others: its session first. Who holds the session does not wait for the janitor.
func TestTheJanitorHoldsNoLoginWhileItWaitsForItsSession(t *testing.T) {
	k := testkit.Start(t, "DATABASE_URL="+pgtest.URL(t))
	k.Browser().Register(ada)
	k.Flush()
	k.Clock.Advance(2 * time.Hour)
	swept := make(chan error, 1)
	err := k.App.DB.InTx(t.Context(), func(ctx context.Context) error {
		if _, err := k.App.DB.ExecContext(ctx, `SELECT id FROM sessions FOR UPDATE`); err != nil {
			return err
		}
		go func() { _, err := k.App.Login.Sweep(context.Background()); swept <- err }()
		testkit.Await(t, k.App.DB, 1)
		_, err := k.App.DB.ExecContext(ctx, `SELECT id FROM logins FOR UPDATE NOWAIT`)
		return err
	})
	if err != nil {
		t.Errorf("held by somebody who waits: %v", err)
	}
	if err := <-swept; err != nil || k.Count(`SELECT count(*) FROM logins`) != 0 {
		t.Errorf("%v, %d logins", err, k.Count(`SELECT count(*) FROM logins`))
	}
}

func TestTheJanitorForgetsABrowserForOneAccountAndNotForAnother(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		b.Post("/logout")
		b.Register(ben)
		if k.Count(`SELECT count(*) FROM known_browsers`) != 2 || k.Count(`SELECT count(DISTINCT token_hash) FROM known_browsers`) != 1 {
			t.Fatal("not one browser, known to two")
		}
		k.Exec(`UPDATE known_browsers SET expires_at = 1 WHERE user_id = (SELECT id FROM users WHERE email = $1)`, ada)
		if err := k.App.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if k.Count(`SELECT count(*) FROM known_browsers WHERE user_id = (SELECT id FROM users WHERE email = $1)`, ben) != 1 ||
			k.Count(`SELECT count(*) FROM known_browsers`) != 1 {
			t.Error("the wrong one went, or both")
		}
	})
}

// Another instance may have seen the user seconds ago, and not written it yet.
func TestTheJanitorLeavesALoginAMinuteForOtherInstances(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		k.Browser().LogIn(ada, "remember", "1")
		k.Flush()
		for _, c := range []struct {
			wait time.Duration
			left int
		}{{time.Hour + 50*time.Second, 2}, {15 * time.Second, 1}, {30*24*time.Hour - time.Hour - 15*time.Second, 1}, {15 * time.Second, 0}} {
			k.Clock.Advance(c.wait)
			if _, err := k.App.Login.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := k.Count(`SELECT count(*) FROM logins`); got != c.left {
				t.Errorf("%s later: %d logins, want %d", c.wait, got, c.left)
			}
		}
	})
}
