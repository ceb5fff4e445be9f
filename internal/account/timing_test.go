package account_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// TestTimeTellsNothing shows how long answers take with an account and without, side by side, and holds what makes them
// equal: both ways the same number of rows is written. Times themselves are printed and not judged.
func TestTimeTellsNothing(t *testing.T) {
	for _, c := range []struct {
		name, path string
		status     int // of the answer
		fields     []string
		settings   []string
	}{
		{"log in", "/login", http.StatusUnprocessableEntity, []string{"password", "wrong wrong wrong"}, nil},
		{"forgotten password", "/password/forgot", http.StatusSeeOther, nil, nil},
		{"registration that is verified", "/register", http.StatusSeeOther, []string{"password", testkit.Password}, []string{"REGISTRATION=verify"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := testkit.Start(t, append(c.settings, "BCRYPT_COST=6", "LIMIT_LOGIN_ADDRESS=100000", "LIMIT_MAIL_ADDRESS=100000",
				"LIMIT_REGISTER_ADDRESS=100000", "LIMIT_VISITOR_ADDRESS=100000")...)
			users := make([]string, 25)
			for i := range users {
				users[i] = fmt.Sprintf("user%02d@example.org", i)
				testkit.Add(t, k, users[i])
			}
			written := func() (n int) {
				for _, table := range []string{"tokens", "outbox", "events", "rate_limits"} {
					n += k.Count(`SELECT count(*) FROM ` + table)
				}
				return n
			}
			// post returns how long the answer took. A machine under load may say 503: then it is asked again.
			post := func(b *testkit.Browser, email string) (took time.Duration) {
				var p testkit.Page
				for range 5 {
					start := time.Now()
					p = b.Post(c.path, append([]string{"email", email}, c.fields...)...)
					if took = time.Since(start); p.Status != http.StatusServiceUnavailable {
						break
					}
				}
				if p.Status != c.status {
					t.Errorf("%s: %s %v, want %d", email, p, p.Err, c.status)
				}
				return took
			}
			post(k.Browser(), "first@example.org") // makes the address's own bucket
			var took [2][]time.Duration
			var rows [2]int
			for i := range users {
				for j, email := range []string{users[i], fmt.Sprintf("nobody%02d@example.org", i)} {
					b := k.Browser()
					b.Get("/")
					before := written()
					took[j] = append(took[j], post(b, email))
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
