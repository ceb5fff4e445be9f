package account_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// TestALinkThatIsPressedTwiceIsReadAsDone presses each button as a double click does, with the cookies that the browser had
// before the first answer came; then once more, with those that it has since. Logged in, the first press ends the token of
// the second.
func TestALinkThatIsPressedTwiceIsReadAsDone(t *testing.T) {
	for _, l := range links {
		for _, in := range []bool{false, true} {
			t.Run(l.name+map[bool]string{true: ", logged in"}[in], func(t *testing.T) {
				testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
					m, b := l.make(t, k)
					if in && l.name != "another address" {
						b = k.Browser().LogIn(k.Text(`SELECT email FROM users`))
					}
					path, token, _ := strings.Cut(testkit.Link(m), "?token=")
					opened := b.Follow(b.Get(testkit.Link(m)))
					_, rest, _ := strings.Cut(opened.Body, `name="link" value="`)
					tag, _, _ := strings.Cut(rest, `"`)
					form := append([]string{"link", tag}, l.fields...)

					second := b.Copy()
					var answers [2]testkit.Page
					var wg sync.WaitGroup
					for i, tab := range []*testkit.Browser{b, b.Copy()} {
						wg.Go(func() { answers[i] = tab.Post(path, form...) })
					}
					wg.Wait()
					done := k.Count(`SELECT count(*) FROM events`)
					answers2 := append(answers[:], second.Post(path, form...), b.Post(path, form...))
					for i, p := range answers2 {
						if p.Status != 303 || p.To == path {
							t.Errorf("press %d: %s", i+1, p)
						}
						if after := b.Copy().Get(p.To); after.Status >= 400 {
							t.Errorf("press %d leads to %s: %s", i+1, p.To, after)
						}
					}
					if n := k.Count(`SELECT count(*) FROM events`); n != done || k.Count(`SELECT count(*) FROM tokens WHERE used_at IS NOT NULL`) == 0 {
						t.Errorf("%d events more: done twice", n-done)
					}
					if p := k.Browser().Post(path, append([]string{"token", token}, l.fields...)...); !testkit.BrokenLink(p) {
						t.Errorf("in another browser: %s", p)
					}
					k.Clock.Advance(61 * time.Second)
					if p := second.Post(path, form...); p.Status == 303 {
						t.Errorf("a minute later: %s", p)
					}
				})
			})
		}
	}
}

// TestRegisteringTwiceIsRegisteringOnce is the double click on the button of the form.
func TestRegisteringTwiceIsRegisteringOnce(t *testing.T) {
	for _, at := range []string{"once", "after the first"} {
		t.Run(at, func(t *testing.T) {
			testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
				first := k.Browser()
				first.Get("/register?next=" + testkit.Private)
				second := first.Copy()
				send := func(b *testkit.Browser) testkit.Page {
					return b.Post("/register", "email", ada, "password", testkit.Password, "next", testkit.Private)
				}
				var answers [2]testkit.Page
				if at == "once" {
					var wg sync.WaitGroup
					wg.Go(func() { answers[0] = send(first) })
					wg.Go(func() { answers[1] = send(second) })
					wg.Wait()
				} else {
					answers = [2]testkit.Page{send(first), send(second)}
				}
				for i, p := range answers {
					if p.Status != 303 || p.To != testkit.Private {
						t.Errorf("press %d: %s", i+1, p)
					}
				}
				in := 0 // the browser has the cookies of the answer that it read
				for _, b := range []*testkit.Browser{first, second} {
					if testkit.LoggedIn(b) {
						in++
					}
				}
				if in != 1 || k.Count(`SELECT count(*) FROM logins`) != 1 || k.Count(`SELECT count(*) FROM users`) != 1 {
					t.Errorf("%d browsers are in, %d logins", in, k.Count(`SELECT count(*) FROM logins`))
				}
				if got := testkit.Subjects(k, ada); len(got) != 1 {
					t.Errorf("mails: %q", got)
				}
			})
		})
	}
}

// TestARegistrationThatIsVerifiedTwiceIsLoggedInOnce presses the button of the mail twice, in the browser that registered.
func TestARegistrationThatIsVerifiedTwiceIsLoggedInOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for i, email := range []string{ada, ben} {
			b := k.Browser()
			b.Post("/register", "email", email, "password", testkit.Password)
			b.Get(testkit.Link(k.Mail(email)))
			tabs := []*testkit.Browser{b, b.Copy()}
			var answers [2]testkit.Page
			if email == ada {
				answers = [2]testkit.Page{tabs[0].Post("/verify-email"), tabs[1].Post("/verify-email")}
			} else {
				var wg sync.WaitGroup
				for i, tab := range tabs {
					wg.Go(func() { answers[i] = tab.Post("/verify-email") })
				}
				wg.Wait()
			}
			for i, p := range answers {
				if p.Status != 303 || p.To != "/account" {
					t.Errorf("%s, press %d: %s", email, i+1, p)
				}
			}
			if testkit.LoggedIn(tabs[0]) == testkit.LoggedIn(tabs[1]) || k.Count(`SELECT count(*) FROM logins`) != i+1 {
				t.Errorf("%s: the browser that pressed twice is not logged in, or twice", email)
			}
		}
	}, "REGISTRATION=verify")
}

func TestAChangeOfAddressThatIsAskedForTwiceIsOneMail(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := testkit.Verified(t, k, ada)
		for range 2 {
			if p := b.Post("/account/email", "email", ben); p.To != "/account" || !b.Follow(p).Says("We have sent a mail to "+ben) {
				t.Error(p)
			}
		}
		if got := testkit.Subjects(k, ben); len(got) != 1 {
			t.Errorf("%q", got)
		}
		if testkit.Press(t, b, k.Mail(ben)); !hasAddress(k, ben) {
			t.Error("the one mail does not work")
		}
	})
}

func TestADeletionThatIsPressedTwice(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := testkit.Verified(t, k, ada)
		second := b.Copy()
		for i, p := range []testkit.Page{b.Post("/account/delete", "confirm", "1"), second.Post("/account/delete", "confirm", "1"), b.Post("/account/delete", "confirm", "1")} {
			if p.Status != 303 {
				t.Errorf("press %d: %s", i+1, p)
			}
		}
		if got := testkit.Subjects(k, ada); len(got) != 1 || k.Count(`SELECT count(*) FROM users`) != 0 {
			t.Errorf("%q", got)
		}
	})
}

// All presses find the account there, and one of them deletes it.
func TestADeletionThatIsPressedTwiceAtOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := testkit.Verified(t, k, ada)
		var all sync.WaitGroup
		for range 10 {
			press := b.Copy()
			all.Go(func() {
				if p := press.Post("/account/delete", "confirm", "1"); p.Status != 303 || p.To != "/" && p.To != "/login" {
					t.Error(p)
				}
			})
		}
		all.Wait()
		if got := testkit.Subjects(k, ada); len(got) != 1 || k.Count(`SELECT count(*) FROM users`) != 0 {
			t.Errorf("%q", got)
		}
	})
}
