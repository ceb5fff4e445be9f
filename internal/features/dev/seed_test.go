package dev_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/features/dev"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/user"
)

// run runs the command on the application of a kit, or on its core with these features.
func run(t *testing.T, k *testkit.Kit, args []string, features ...feature.Feature) (out string, err error) {
	t.Helper()
	if features == nil {
		features = k.App.Features()
	}
	var b bytes.Buffer
	open := feature.Open(func(do func(*feature.Core, []feature.Feature) error) error { return do(k.App.Core, features) })
	parser := kong.Must(dev.New(&feature.Core{}).Commands, kong.BindTo(t.Context(), (*context.Context)(nil)), kong.BindTo(&b, (*io.Writer)(nil)), kong.Bind(open))
	chosen, err := parser.Parse(append([]string{"seed"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	err = chosen.Run()
	return b.String(), err
}

func TestSeed(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		out, err := run(t, k, nil)
		if err != nil || !strings.Contains(out, "Log in at http://127.0.0.1:") || !strings.Contains(out, "  ada@example.org (admin), password: "+dev.SeedPassword+"\n") || !strings.Contains(out, "ben@example.org") {
			t.Fatalf("%v: %s", err, out)
		}
		tables := map[string]int{}
		count := func(when string) {
			for _, e := range feature.Tables(k.App.Features()) {
				n := k.Count(`SELECT count(*) FROM ` + e.Table)
				if was, again := tables[e.Table]; again && was != n {
					t.Errorf("%s: %s had %d rows, and has %d", when, e.Table, was, n)
				}
				tables[e.Table] = n
			}
		}
		if n := k.Count(`SELECT count(*) FROM outbox`); n != 0 {
			t.Errorf("%d mails", n)
		}
		count("once")
		if _, err := run(t, k, nil); err != nil {
			t.Fatal(err)
		}
		count("twice")
		if tables["users"] != 2 || tables["events"] < 8 || k.Count(`SELECT count(*) FROM users WHERE role = 'admin'`) != 1 {
			t.Errorf("%v", tables)
		}
		if p := k.Browser().Post("/login", "email", "ben@example.org", "password", dev.SeedPassword); p.Status != 303 {
			t.Errorf("log in: %s", p)
		}
	})
}

// TestSeedRefuses holds that the accounts, whose password everybody knows, come neither to production nor between those of
// other people, unless it is told so.
func TestSeedRefuses(t *testing.T) {
	production := testkit.Start(t, "APP_ENV=production", "BASE_URL=https://app.example.org", "BCRYPT_COST=10")
	for _, k := range []*testkit.Kit{production, testkit.Start(t, "BASE_URL=https://app.example.org")} {
		if _, err := run(t, k, []string{"--anyway"}); err == nil || !strings.Contains(err.Error(), "not in production") || k.Count(`SELECT count(*) FROM users`) != 0 {
			t.Errorf("a site for others: %v", err)
		}
	}
	k := testkit.Start(t)
	k.Browser().Register("carol@example.org")
	if _, err := run(t, k, nil); err == nil || !strings.Contains(err.Error(), "carol@example.org") || !strings.Contains(err.Error(), "--anyway") {
		t.Errorf("with another account: %v", err)
	}
	if n := production.Count(`SELECT count(*) FROM users`) + k.Count(`SELECT count(*) FROM users`); n != 1 {
		t.Errorf("%d users", n)
	}
	if _, err := run(t, k, []string{"--anyway"}); err != nil || k.Count(`SELECT count(*) FROM users`) != 3 {
		t.Errorf("anyway: %v", err)
	}
}

// TestSeedAsksFeatures holds that what belongs to users comes from the features, whichever there are.
func TestSeedAsksFeatures(t *testing.T) {
	k := testkit.Start(t)
	var asked []string
	mine := feature.Feature{Name: "mine", Seed: func(_ context.Context, u user.User) error { asked = append(asked, u.Email); return nil }}
	_, err := run(t, k, nil, mine)
	if err != nil || strings.Join(asked, " ") != "ada@example.org ben@example.org" {
		t.Errorf("%v %v", asked, err)
	}
}
