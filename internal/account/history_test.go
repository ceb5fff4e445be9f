package account_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

func TestHistory(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		k.Browser().Post("/login", "email", ada, "password", "wrong wrong wrong")
		k.Browser().Register(ben)
		b.Post("/account/password", "current", testkit.Password, "password", password)
		p := b.Get("/account/activity")
		for _, says := range []string{"Account registered", "Logged in", "Somebody tried to log in with a wrong password", "Password changed", "Firefox on Linux", "127.0.0.x"} {
			if !p.Says(says) {
				t.Errorf("the history lacks %q", says)
			}
		}
		if strings.Index(p.Body, "Password changed") > strings.Index(p.Body, "Account registered") {
			t.Error("not the latest first")
		}
		if n := strings.Count(p.Body, "Account registered"); n != 1 {
			t.Errorf("%d registrations in one user's history", n)
		}
		for _, event := range []string{"account.registered", "login.started", "login.failed", "password.changed"} {
			if !strings.Contains(k.Log.String(), "event="+event) {
				t.Errorf("the log lacks %s", event)
			}
		}
	})
}

func TestHistoryIsKeptForNinetyDays(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().LogInAs(ada)
	for range 60 {
		b.Post("/confirm", "password", testkit.Password)
	}
	if p := b.Get("/account/activity?page=2"); !p.Says("Account registered") || !p.Says("Page 2 of 2") {
		t.Error("the history has no second page")
	}
	k.Clock.Advance(91 * 24 * time.Hour)
	b.LogIn(ada)
	if p := b.Get("/account/activity"); p.Says("Account registered") || p.Says("Password confirmed") {
		t.Error("shown after 91 days")
	}
	if err := k.App.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := k.Count(`SELECT count(*) FROM events`); n > 5 {
		t.Errorf("%d events are kept after 91 days", n)
	}
}

// TestEveryEventIsListed holds the names of events to docs/reference/events.md: whoever watches the log relies on them.
func TestEveryEventIsListed(t *testing.T) {
	code, err := os.ReadFile(filepath.Join("..", "audit", "audit.go"))
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "events.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`= "([a-z]+\.[a-z_]+)"`).FindAllStringSubmatch(string(code), -1)
	if len(names) < 15 {
		t.Fatalf("%d events", len(names))
	}
	for _, name := range names {
		if !strings.Contains(string(docs), "`"+name[1]+"`") {
			t.Errorf("%s is not listed", name[1])
		}
	}
}

func TestDeletedAccountLeavesNothing(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		b.Post(testkit.Private, "title", "a secret of Ada")
		other := k.Browser().LogIn(ada)
		other.Get(testkit.Private)
		k.Browser().Register(ben)
		k.Flush()
		if p := b.Post("/account/delete"); p.Status != http.StatusUnprocessableEntity || !testkit.LoggedIn(b) {
			t.Fatalf("without a word: %d", p.Status)
		}
		old := b.Copy()
		p := b.Post("/account/delete", "confirm", "1")
		if p.Status != http.StatusSeeOther || p.To != "/" || !b.Follow(p).Says("Your account was deleted") {
			t.Fatalf("%d to %s", p.Status, p.To)
		}
		if testkit.LoggedIn(b) || testkit.LoggedIn(other) || testkit.LoggedIn(old) || testkit.Opens(k, ada, testkit.Password) {
			t.Error("somebody is still in")
		}
		for table, words := range map[string]string{"users": "email || email_key", "testkit_texts": "title", "tokens": "payload", "events": "detail"} {
			if n := k.Count(`SELECT count(*) FROM ` + table + ` WHERE ` + words + ` LIKE '%ada%' OR ` + words + ` LIKE '%Ada%'`); n != 0 {
				t.Errorf("%s: %d rows left", table, n)
			}
		}
		for _, table := range []string{"logins", "known_browsers", "events"} { // whose ids are no words
			if n := k.Count(`SELECT count(*) FROM ` + table + ` WHERE user_id NOT IN (SELECT id FROM users)`); n != 0 {
				t.Errorf("%s: %d rows of nobody left", table, n)
			}
		}
		if got := testkit.Subjects(k, ada); len(got) != 1 || got[0] != "Your account was deleted" {
			t.Errorf("%q", got) // the others went with the account, the farewell did not
		}
		b.Register(ada) // the address is free again
	})
}

func TestALogInTakesTheSessionOfADisabledAccount(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ben)
		b := k.Browser().Register(ada)
		k.Exec(`UPDATE users SET disabled_at = 1 WHERE email = $1`, ada)
		b.LogIn(ben)
		if !b.Get("/account").Says(ben) {
			t.Error("not logged in")
		}
	})
}
