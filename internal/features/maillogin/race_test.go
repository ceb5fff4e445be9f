package maillogin_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

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
				// With a field more, none is the same form as another, which would be one button pressed twice.
				if p := same.Post(codePath, "code", code, "more", fmt.Sprint(i)); p.Status == http.StatusSeeOther && p.To == "/account" {
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
// however many others were faster.
func TestTwentyPressesOfOneButtonLogInOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		b := asks(t, k.Browser(), testkit.Ada)
		code := codeIn(t, k.Mail(testkit.Ada))
		var all sync.WaitGroup
		for range 20 {
			same := b.Copy()
			all.Go(func() {
				if p := same.Post(codePath, "code", code); p.Status != http.StatusSeeOther || p.To != "/account" {
					t.Error(p)
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
		testkit.Await(t, k.App.DB, 1)
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
		testkit.Await(t, k.App.DB, 1)
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
