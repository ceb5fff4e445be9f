package login_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/testkit"
)

// TestTimeTellsNothing shows how long answers take with an account and without, side by side, and holds what makes them
// equal: both ways the same number of rows is written. Times themselves are printed and not judged.
func TestTimeTellsNothing(t *testing.T) {
	for _, c := range []struct {
		name, path string
		fields     []string
		settings   []string
	}{
		{"log in", "/login", []string{"password", "wrong wrong wrong"}, nil},
		{"forgotten password", "/password/forgot", nil, nil},
		{"registration that is verified", "/register", []string{"password", testkit.Password}, []string{"REGISTRATION=verify"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := testkit.Start(t, append(c.settings, "BCRYPT_COST=8", "LIMIT_LOGIN_ADDRESS=100000", "LIMIT_MAIL_ADDRESS=100000",
				"LIMIT_REGISTER_ADDRESS=100000", "LIMIT_VISITOR_ADDRESS=100000")...)
			users := make([]string, 40)
			for i := range users {
				users[i] = fmt.Sprintf("user%02d@example.org", i)
				if _, err := k.App.Login.AddUser(t.Context(), users[i], login.Profile{}, "", testkit.Password); err != nil {
					t.Fatal(err)
				}
			}
			written := func() (n int) {
				for _, table := range []string{"tokens", "outbox", "events", "rate_limits"} {
					n += k.Count(`SELECT count(*) FROM ` + table)
				}
				return n
			}
			k.Browser().Post(c.path, append([]string{"email", "first@example.org"}, c.fields...)...) // makes the address's own bucket
			var took [2][]time.Duration
			var rows [2]int
			for i := range users {
				for j, email := range []string{users[i], fmt.Sprintf("nobody%02d@example.org", i)} {
					b := k.Browser()
					b.Get("/")
					before, start := written(), time.Now()
					b.Post(c.path, append([]string{"email", email}, c.fields...)...)
					took[j] = append(took[j], time.Since(start))
					rows[j] += written() - before
				}
			}
			for j, name := range []string{"with an account", "without"} {
				slices.Sort(took[j])
				q := func(p int) time.Duration { return took[j][len(took[j])*p/100].Round(10 * time.Microsecond) }
				t.Logf("%-16s p10 %v, p50 %v, p90 %v; %d rows written", name, q(10), q(50), q(90), rows[j])
			}
			if rows[0] != rows[1] || rows[0] < len(users) {
				t.Errorf("%d rows are written with an account, %d without", rows[0], rows[1])
			}
		})
	}
}
