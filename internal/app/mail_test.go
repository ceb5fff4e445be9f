package app_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

func TestMailsFromTheCommandLine(t *testing.T) {
	program := build(t)
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		c := command{t, program, []string{"DATABASE_URL=" + dsn, "BCRYPT_COST=4"}}
		if out, ok := c.run("", "mail", "list"); !ok || out != "no mails\n" {
			t.Errorf("%q", out)
		}
		for _, to := range []string{"ada@example.org", "bob@example.org"} {
			if err := k.App.Mail.Queue(context.Background(), mail.Message{Kind: "reset", To: to, Subject: "Hello", Text: []string{"secret words"}}); err != nil {
				t.Fatal(err)
			}
		}
		k.Exec(`UPDATE outbox SET state = 'dead', attempts = 10, error = '550 no' WHERE recipient = 'bob@example.org'`)

		out, ok := c.run("", "mail", "list")
		if lines := strings.Split(strings.TrimSpace(out), "\n"); !ok || len(lines) != 3 || !strings.Contains(lines[1], "ada@example.org") ||
			!strings.Contains(lines[2], "bob@example.org") || !strings.Contains(lines[2], "550 no") || strings.Contains(out, "secret words") {
			t.Errorf("it says:\n%s", out)
		}
		out, ok = c.run("", "mail", "list", "--state", "dead", "--json")
		var dead []struct {
			ID, Kind, To, Subject, State, Error string
			Attempts                            int
		}
		if err := json.Unmarshal([]byte(out), &dead); err != nil || !ok || len(dead) != 1 {
			t.Fatalf("%v: %s", err, out)
		}
		if m := dead[0]; m.Kind != "reset" || m.To != "bob@example.org" || m.Subject != "Hello" || m.State != "dead" || m.Error != "550 no" || m.Attempts != 10 {
			t.Errorf("%+v", m)
		}
		if out, ok := c.run("", "mail", "retry", "nothing"); ok || !strings.Contains(out, "mail list --state dead") {
			t.Errorf("retry of a mail that is not there: %s", out)
		}
		for _, id := range []string{dead[0].ID, "all"} {
			if out, ok := c.run("", "mail", "retry", id); !ok {
				t.Errorf("retry %s: %s", id, out)
			}
			if n := k.Count(`SELECT count(*) FROM outbox WHERE state = 'waiting' AND attempts = 0`); n != 1 {
				t.Errorf("retry %s: %d mails wait", id, n)
			}
			k.Exec(`UPDATE outbox SET state = 'dead' WHERE state = 'waiting'`)
		}
		if out, ok := c.run("", "mail", "list", "--state", "lost"); ok || !strings.Contains(out, "must be one of") {
			t.Errorf("a state that there is not: %s", out)
		}
	})
}
