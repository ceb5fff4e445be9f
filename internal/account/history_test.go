package account_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/testkit"
)

func TestEventsAreLoggedAndKeptForNinetyDays(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().LogInAs(ada)
	k.Browser().Post("/login", "email", ada, "password", wrong)
	b.Post("/account/password", "current", testkit.Password, "password", password)
	for _, event := range []string{"account.registered", "login.started", "login.failed", "password.changed"} {
		if !strings.Contains(k.Log.String(), "event="+event) || k.Count(`SELECT count(*) FROM events WHERE name = $1`, event) != 1 {
			t.Errorf("%s is not in the log, or not in the table", event)
		}
	}
	k.Clock.Advance(91 * 24 * time.Hour)
	testkit.Sweep(t, k)
	if n := k.Count(`SELECT count(*) FROM events WHERE name <> $1`, audit.LoginExpired); n != 0 { // which the sweep notes now
		t.Errorf("%d events are kept after 91 days", n)
	}
}

// TestEveryEventIsListed holds the names of events to docs/reference/events.md: whoever watches the log relies on them.
func TestEveryEventIsListed(t *testing.T) {
	code, err := os.ReadFile(filepath.Join("..", "audit", "names.go"))
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
		b := testkit.Verified(t, k, ada)
		b.Post(testkit.Private, "title", "a secret of Ada")
		other := k.Browser().LogIn(ada)
		other.Get(testkit.Private)
		k.Browser().Register(ben)
		k.Flush()
		if p := b.Post("/account/delete"); p.Status != http.StatusUnprocessableEntity || !testkit.LoggedIn(b) {
			t.Fatalf("without a word: %s", p)
		}
		old := b.Copy()
		p := b.Post("/account/delete", "confirm", "1")
		if p.Status != http.StatusSeeOther || p.To != "/" || !b.Follow(p).Says("Your account was deleted") {
			t.Fatal(p)
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
			t.Errorf("%q", got) // the other messages were deleted with the account, this one was not
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
