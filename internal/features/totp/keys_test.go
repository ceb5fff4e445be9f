package totp_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/features/totp"
	"example.com/latchkey/internal/testkit"
)

const newKey = "ffffffffffffffffffffffffffffffff"

// rotate runs the command as the program does.
func rotate(t *testing.T, k *testkit.Kit) string {
	t.Helper()
	cli := struct{ kong.Plugins }{kong.Plugins{totp.New(k.App.Core).Commands}}
	var out bytes.Buffer
	open := feature.Open(func(do func(*feature.Core, []feature.Feature) error) error { return do(k.App.Core, k.App.Features()) })
	parser := kong.Must(&cli, kong.BindTo(t.Context(), (*context.Context)(nil)), kong.BindTo(&out, (*io.Writer)(nil)), kong.Bind(open))
	chosen, err := parser.Parse([]string{"secrets", "rotate"})
	if err == nil {
		err = chosen.Run()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// starts returns why a program with these settings does not start on the kit's database; nil if it does.
func starts(t *testing.T, k *testkit.Kit, settings ...string) error {
	t.Helper()
	values := map[string]string{"DATABASE_URL": "sqlite:" + k.App.DB.File(), "BCRYPT_COST": "10"}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		values[name] = value
	}
	cfg, err := config.Load(func(name string) string { return values[name] }, app.Settings()...)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), cfg, k.App.Log, k.Clock.Now)
	if err == nil {
		err = a.Close()
		if text := cfg.String(); strings.Contains(text, newKey) {
			t.Errorf("the key is printed: %s", text)
		}
	}
	return err
}

// TestSecretsAreRotated changes the key of a site, with both keys for a while, and then with the new one alone.
func TestSecretsAreRotated(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn, key)
		_, a := owner(t, k)
		old := k.Text(`SELECT key_id FROM totp`)
		k.Stop()

		both := testkit.Start(t, "DATABASE_URL="+dsn, "SECRET_KEY="+newKey, "SECRET_KEY_OLD="+strings.TrimPrefix(key, "SECRET_KEY="))
		both.Clock.Advance(k.Clock.Now().Sub(both.Clock.Now()))
		a.k = both
		half(t, both).Post(step, "factor", "totp", "code", a.next(t)).Expect(t, http.StatusSeeOther, "/account")
		if got := rotate(t, both); !strings.Contains(got, "1 secrets") {
			t.Error(got)
		}
		if got := rotate(t, both); !strings.Contains(got, "0 secrets") || both.Text(`SELECT key_id FROM totp`) == old {
			t.Error(got)
		}
		both.Stop()

		fresh := testkit.Start(t, "DATABASE_URL="+dsn, "SECRET_KEY="+newKey)
		fresh.Clock.Advance(both.Clock.Now().Sub(fresh.Clock.Now()))
		a.k = fresh
		half(t, fresh).Post(step, "factor", "totp", "code", a.next(t)).Expect(t, http.StatusSeeOther, "/account")
	})
}

// TestTheKeyOfDevelopmentIsRotated does so with the file.
func TestTheKeyOfDevelopmentIsRotated(t *testing.T) {
	k := testkit.Start(t)
	_, a := owner(t, k)
	rotate(t, k)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(k.App.DB.File()), "secret.key"))
	if err != nil || len(strings.Fields(string(text))) != 2 {
		t.Errorf("the file has %d keys, %v", len(strings.Fields(string(text))), err)
	}
	k.Stop()
	again := k.Another()
	a.k = again
	half(t, again).Post(step, "factor", "totp", "code", a.next(t)).Expect(t, http.StatusSeeOther, "/account")
}

// TestNobodyIsLetInWithoutTheirKey holds that a start is refused without the key of accounts that have an app, and that
// without any the site runs.
func TestNobodyIsLetInWithoutTheirKey(t *testing.T) {
	production := []string{"APP_ENV=production", "BASE_URL=http://127.0.0.1"}
	k := testkit.Start(t, append(production, "BCRYPT_COST=10")...)
	if err := starts(t, k, production...); err != nil {
		t.Errorf("without a key and an app: %v", err)
	}
	k = testkit.Start(t, key)
	owner(t, k)
	for want, settings := range map[string][]string{
		"SECRET_KEY is not set":    nil,
		"under another SECRET_KEY": {"SECRET_KEY=" + newKey},
		"SECRET_KEY is wrong":      {"SECRET_KEY=short"},
		"SECRET_KEY_OLD is wrong":  {key, "SECRET_KEY_OLD=short"},
		"":                         {"SECRET_KEY=" + newKey, "SECRET_KEY_OLD=" + strings.TrimPrefix(key, "SECRET_KEY=")},
	} {
		err := starts(t, k, append(production, settings...)...)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), newKey)) {
			t.Errorf("%v: %v, want %q", settings, err, want)
		}
	}
}
