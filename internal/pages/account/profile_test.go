package account_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

func TestTimesAreInTheUsersZone(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn, "BCRYPT_COST=4")
		b := k.Browser().Register("ada@example.org")
		const then = 1593642600000 // 1 July 2020, 22:30 UTC: the next day in Kathmandu
		k.Exec(`UPDATE logins SET created_at = $1`, then)
		k.Exec(`UPDATE users SET password_changed_at = $1`, then)
		ask := func(where, when string) {
			t.Helper()
			b.Get("/account/devices").ExpectText(t, 200, when)
			if p := b.Get("/account"); !p.Says(where + ", where it is ") {
				t.Errorf("the overview does not say %s", where)
			}
		}
		ask("UTC", "1 July 2020, 22:30")
		if p := b.Get("/account/devices"); !p.Says("1 July 2020, 22:30</time>, until") {
			t.Errorf("how the login was made: %s", p.Body)
		}

		if p := b.Post("/account/profile", "name", "Ada", "timezone", "Asia/Kathmandu"); p.Status != http.StatusSeeOther {
			t.Fatal(p)
		}
		ask("Asia/Kathmandu", "2 July 2020, 04:15")
		if p := k.Browser().LogIn("ada@example.org").Get("/account/devices"); !p.Says("2 July 2020, 04:15") {
			t.Error("another browser of the same user does not know the zone")
		}
		if text := k.Mail("ada@example.org").Text; !strings.Contains(text, "+0545") {
			t.Errorf("the mail about it: %s", text)
		}
		if p := k.Browser().Register("ben@example.org").Get("/account"); !p.Says("UTC, where it is") {
			t.Error("another user has the zone")
		}
		if p := b.Get("/account/profile"); !strings.Contains(p.Body, `value="Asia/Kathmandu"`) {
			t.Error("the form does not show the zone")
		}

		// A form without the field, and one that is refused, change nothing.
		b.Post("/account/profile", "name", "Ada Lovelace")
		p := b.Post("/account/profile", "name", "Augusta", "timezone", "Mars/Olympus")
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, `id="timezone-error"`) ||
			!strings.Contains(p.Body, `value="Mars/Olympus"`) || !strings.Contains(p.Body, `value="Augusta"`) {
			t.Error(p)
		}
		if got := k.Text(`SELECT name || ', ' || timezone FROM users WHERE email = 'ada@example.org'`); got != "Ada Lovelace, Asia/Kathmandu" {
			t.Error(got)
		}

		b.Post("/account/profile", "name", "Ada", "timezone", "")
		ask("UTC", "1 July 2020, 22:30")
	})
}

func TestThePagesSayWhereOneIs(t *testing.T) {
	b := testkit.Start(t).Browser().Register("ada@example.org")
	for line, paths := range map[string][]string{
		"/account":         {"/account", "/account/profile", "/account/email"},
		"/account/devices": {"/account/devices", "/account/password", "/account/security", "/account/devices/end-others"},
	} {
		for _, path := range paths {
			_, menu, _ := strings.Cut(b.Get(path).Body, `aria-label="Account">`)
			menu, _, _ = strings.Cut(menu, "</nav>")
			if strings.Count(menu, "aria-current") != 1 || !strings.Contains(menu, `<a href="`+line+`" aria-current="page">`) {
				t.Errorf("on %s the menu does not mark %s: %s", path, line, menu)
			}
			if n := strings.Count(menu, "<li>"); n > 5 {
				t.Errorf("the menu has %d lines", n)
			}
		}
	}
	if p := b.Get("/account/devices/end-others"); strings.Contains(p.Body, `action="/account/devices/end-others"`) || !p.Says("Go back to the devices") {
		t.Errorf("without other logins there is one to end:\n%s", p.Body)
	}
	p := b.Post("/account/delete")
	if !strings.Contains(p.Body, `aria-describedby="confirm-error" aria-invalid="true" autofocus`) || !p.Says("<title>Error: Delete your account") {
		t.Errorf("the box that was not ticked: %s", p.Body)
	}
}
