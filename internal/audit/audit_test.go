package audit_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// records returns the lines of the server's log that hold each of the texts.
func records(k *testkit.Kit, texts ...string) (found []string) {
lines:
	for line := range strings.Lines(k.Log.String()) {
		for _, text := range texts {
			if !strings.Contains(line, text) {
				continue lines
			}
		}
		found = append(found, line)
	}
	return found
}

// ASVS 16.2.1: who, what, when, from where, and in which request.
func TestAnEventAndItsRequestAreFoundTogether(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(testkit.Ada)
		id := k.Text(`SELECT id FROM users`)
		b.Post("/logout")
		b.LogIn(testkit.Ada)
		for event, route := range map[string]string{"account.registered": `"POST /register"`, "login.ended": `"POST /logout"`, "login.started": `"POST /login"`} {
			events := records(k, "event="+event, "user="+id)
			if len(events) == 0 {
				t.Fatalf("%s is not logged", event)
			}
			request := regexp.MustCompile(`request=(\S+)`).FindString(events[len(events)-1])
			if request == "" || len(records(k, "msg=request", request, "route="+route, "user="+id)) != 1 {
				t.Errorf("%s: no request %s of the user", event, request)
			}
		}
	})
}

// ASVS 16.3.2: a refusal says who was refused, and why.
func TestARefusalSaysWhoAndWhy(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b, eve := k.Browser().Register(testkit.Ada), k.Browser().Register("eve@example.org")
		id := k.Text(`SELECT id FROM users WHERE email = 'eve@example.org'`)
		text := b.Post(testkit.Private, "title", "mine").Expect(t, http.StatusSeeOther).To
		login := k.Text(`SELECT l.id FROM logins l JOIN users u ON u.id = l.user_id WHERE u.email = $1`, testkit.Ada)
		for _, c := range []struct {
			name   string
			do     func()
			record []string
		}{
			{"somebody else's object", func() { eve.Get(text).Expect(t, 404) }, []string{"status=404", "user=" + id, `reason="not found"`}},
			{"somebody else's login", func() { eve.Post("/account/devices/"+login+"/end").Expect(t, 404) }, []string{"status=404", "user=" + id, "is somebody else's"}},
			{"not logged in", func() { k.Browser().Get("/account") }, []string{"status=303", `reason="not logged in"`}},
			{"too many tries", func() { testkit.Guess(k.Browser(), testkit.Ada, 11) }, []string{"status=429", `reason="login.account`}},
			{"another site", func() {
				eve.Header.Set("Origin", "https://evil.example")
				eve.Post("/account/profile", "name", "x").Expect(t, 403)
				eve.Header.Del("Origin")
			}, []string{"status=403", "reason=", "user=" + id}},
			{"not fresh", func() {
				k.Exec(`UPDATE logins SET fresh_at = 1`)
				eve.Get("/account/email")
			}, []string{"status=303", "user=" + id, `reason="not fresh"`}},
		} {
			c.do()
			if len(records(k, append(c.record, "msg=request")...)) == 0 {
				lines := records(k, "msg=request")
				t.Errorf("%s: no record with %q; the last is\n%s", c.name, c.record, lines[len(lines)-1])
			}
		}
	})
}

// What an operator does from the command line stands in the log of the running server, once, whatever became of the account.
func TestWhatAnOperatorDidIsInTheServersLog(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		command, other := k.Another(), k.Another() // the program as it runs a command, and a second server
		u := testkit.Add(t, command, testkit.Ada)
		if err := command.App.Operator.Disable(t.Context(), u.ID); err != nil {
			t.Fatal(err)
		}
		if err := command.App.Account.Delete(t.Context(), u.ID); err != nil {
			t.Fatal(err)
		}
		if len(records(k, "event=account")) != 0 {
			t.Error("known before anybody looked")
		}
		for range 2 {
			testkit.Sweep(t, k)
			testkit.Sweep(t, other)
		}
		for _, event := range []string{"account.registered", "account.disabled", "account.deleted"} {
			both := append(records(k, "event="+event, "user="+u.ID, "at="), records(other, "event="+event)...)
			if len(both) != 1 {
				t.Errorf("%s: %d records", event, len(both))
			}
		}
	})
}

// ASVS 16.4.1: nothing that a visitor sends begins a record of its own.
func TestNobodyWritesRecordsOfTheirOwn(t *testing.T) {
	k := testkit.Start(t)
	forged := "x\n" + `time=2026-01-01 level=INFO msg=request event=forged` + "\r\n" + `{"msg":"forged"}`
	b := k.Browser()
	b.Post("/login", "email", forged, "password", forged, "next", forged)
	b.Post("/register", "email", testkit.Ada, "password", testkit.Password, "name", forged)
	b.Get("/nowhere%0Aevent=forged?x=%0Aevent=forged")
	b.Post("/account/devices/%0Aevent=forged/end")
	for line := range strings.Lines(k.Log.String()) {
		if !strings.HasPrefix(line, "time=") || strings.HasPrefix(line, "time=2026-01-01") {
			t.Errorf("%s", line)
		}
	}
}
