package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/config"
)

func load(settings ...string) (config.Config, error) { return loadExtra(nil, settings...) }

func loadExtra(extra []config.Extra, settings ...string) (config.Config, error) {
	return config.Load(func(name string) string {
		for _, s := range settings {
			if value, ok := strings.CutPrefix(s, name+"="); ok {
				return value
			}
		}
		return ""
	}, extra...)
}

func TestDefaultsWorkInDevelopment(t *testing.T) {
	c, err := load()
	if err != nil || c.Addr != "127.0.0.1:8080" || c.DatabaseURL != "sqlite:data/latchkey.db" || c.FullCookieName() != "latchkey" || c.Secure() ||
		c.SessionLifetime != 30*24*time.Hour || c.KeepAlive != 2*time.Minute || c.BackupKeep != 7 || !c.AutoMigrate || c.LogLevel != "warn" {
		t.Errorf("%v\n%s", err, c)
	}
}

func TestCookieNames(t *testing.T) {
	const cookie = "latchkey"
	for _, one := range []struct{ settings, want string }{
		{"BASE_URL=http://example.org", cookie},
		{"ADDR=127.0.0.1:8080", cookie},
		{"ADDR=127.0.0.1:0", cookie},
		{"PORT=8081", cookie + "_8081"}, // two clones on one machine
		{"ADDR=[::1]:9000", cookie + "_9000"},
		{"PORT=8081|COOKIE_NAME=own", "own"},
		{"PORT=8081|COOKIE_NAME=" + cookie, cookie},
		{"PORT=8081|BASE_URL=http://localhost:8081", cookie},
		{"PORT=8081|APP_ENV=production|BASE_URL=http://example.org", cookie},
		{"BASE_URL=https://example.org", "__Host-latchkey"},
		{"BASE_URL=https://a.example.org|COOKIE_DOMAIN=.Example.org", "__Secure-latchkey"},
		{"BASE_URL=https://example.org|COOKIE_NAME=own", "__Host-own"},
	} {
		if c, err := load(strings.Split(one.settings, "|")...); err != nil || c.FullCookieName() != one.want {
			t.Errorf("%s: %q %v", one.settings, c.FullCookieName(), err)
		}
	}
}

func TestWhereItListens(t *testing.T) {
	for settings, want := range map[string]string{
		"PORT=9000": "127.0.0.1:9000", "PORT=9000|ADDR=0.0.0.0:80": "0.0.0.0:80",
		"PORT=9000|APP_ENV=production|BASE_URL=https://example.org": ":9000",
	} {
		if c, err := load(strings.Split(settings, "|")...); err != nil || c.Addr != want {
			t.Errorf("%s: %q %v", settings, c.Addr, err)
		}
	}
}

func TestWrongValuesAreNamed(t *testing.T) {
	for setting, right := range map[string]string{
		"APP_ENV=x": "development or production", "ADDR=:99999": "HOST:PORT", "PORT=http": "a whole number, 1 to 65535", "PORT=0": "1 to 65535", "PORT=65536": "1 to 65535", "BASE_URL=ftp://x": "http:// or https://",
		"BASE_URL=https://example.org/app": "without a path", "BASE_URL=https://u:pw@example.org": "without a path", "EXTRA_HOSTS=a b": "host names",
		"DATABASE_URL=x": "sqlite:FILE", "AUTO_MIGRATE=yes": "on or off", "SESSION_LIFETIME=-1s": "a length of time", "SESSION_LIFETIME=1ms": "0, or at least 1s",
		"COOKIE_NAME=a b": "letters", "COOKIE_NAME=__Host-x": "without the prefix", "TRUSTED_PROXIES=10.0.0.0/99": "networks", "BACKUP_KEEP=0": "1 to 10000", "BACKUP_KEEP=x": "a whole number",
		"LIMIT_WINDOW=0": "1ms to 400d", "LIMIT_WINDOW=401d": "1ms to 400d", "LOG_LEVEL=loud": "debug, info, warn or error", "LOG_FORMAT=xml": "text or json",
		"LOGIN_IDLE=0": "1ms to 400d", "PASSWORD_MIN_LENGTH=7": "8 to 64", "BCRYPT_COST=3": "4 to 16", "REGISTRATION=nobody": "open, verify, invite or closed",
		"SMTP_URL=http://x": "smtp://", "MAIL_FROM=x": "an address",
	} {
		_, err := load(setting)
		name, value, _ := strings.Cut(setting, "=")
		if err == nil || !strings.Contains(err.Error(), name+"=") || !strings.Contains(err.Error(), right) || strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: %v", setting, err)
			continue
		}
		if !strings.HasSuffix(name, "_URL") && !strings.Contains(err.Error(), value[:1]) {
			t.Errorf("%s: the value is not named: %v", setting, err)
		}
	}
	if _, err := load("APP_ENV=production", "BASE_URL=https://example.org", "BCRYPT_COST=8"); err == nil {
		t.Error("a weak cost in production")
	}
	if _, err := load("APP_ENV=production", "BASE_URL=https://example.org", "REGISTRATION=verify"); err == nil || !strings.Contains(err.Error(), "SMTP_URL") {
		t.Error("production promises mails that it cannot send", err)
	}
	if _, err := load("BASE_URL=https://example.org", "COOKIE_DOMAIN=other.org"); err == nil {
		t.Error("a cookie for another domain")
	}
}

// TestAllMistakesAtOnce holds that what cannot be read hides nothing that is only wrong, and that each is said once,
// with the value as it was written.
func TestAllMistakesAtOnce(t *testing.T) {
	_, err := load("LOG_LEVEL=loud", "BACKUP_KEEP=00", "ADDR=x", "KEEP_ALIVE=soon", "PORT=twelve", "TRUSTED_PROXIES=all", "SESSION_LIFETIME=0.5s",
		"BACKUP_EVERY=1000h1000h90000m", "LIMIT_WINDOW=0000s", "COOKIE_DOMAIN=.Example.ORG", "EXTRA_HOSTS=good.example.org, B@d, c/d", "AUTO_MIGRATE=On")
	lines := strings.Split(fmt.Sprint(err), "\n")
	for _, want := range []string{
		`LOG_LEVEL="loud"`, `BACKUP_KEEP="00"`, `ADDR="x"`, `KEEP_ALIVE="soon"`, `PORT="twelve"`, `TRUSTED_PROXIES="all"`, `SESSION_LIFETIME="0.5s"`,
		`LIMIT_WINDOW="0000s"`, `COOKIE_DOMAIN=".Example.ORG"`, `EXTRA_HOSTS="good.example.org, B@d, c/d"`, `AUTO_MIGRATE="On"`,
	} {
		if n := len(slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !strings.HasPrefix(l, want+" is wrong: it must be ") })); n != 1 {
			t.Errorf("%s is reported %d times in\n%v", want, n, err)
		}
	}
	if len(lines) != 11 {
		t.Errorf("%d lines:\n%v", len(lines), err)
	}
}

func TestWhatNamesTheSite(t *testing.T) {
	for settings, wrong := range map[string]string{
		"BASE_URL=https://app.example.org":       "",
		"BASE_URL=https://app.example.org/":      "",
		"BASE_URL=https://APP.example.org:8443":  "",
		"BASE_URL=http://127.0.0.1:8080":         "",
		"BASE_URL=http://[::1]:8080":             "",
		"BASE_URL=https://exa_mple.org":          "BASE_URL",
		"BASE_URL=https://-example.org":          "BASE_URL",
		"BASE_URL=https://example..org":          "BASE_URL",
		"BASE_URL=https://exämple.org":           "BASE_URL",
		"BASE_URL=https://example.org:0":         "BASE_URL",
		"BASE_URL=https://example.org:65536":     "BASE_URL",
		"BASE_URL=https://example.org:http":      "BASE_URL",
		"BASE_URL=https://example.org?x=1":       "BASE_URL",
		"BASE_URL=https://":                      "BASE_URL",
		"EXTRA_HOSTS=www.example.org,b.org:8080": "",
		"EXTRA_HOSTS=www.example.org, b.org":     "",
		"EXTRA_HOSTS=www.example.org:x":          "EXTRA_HOSTS",
		"EXTRA_HOSTS=www.example.org:0":          "EXTRA_HOSTS",
		"EXTRA_HOSTS=www.example.org:99999":      "EXTRA_HOSTS",
		"EXTRA_HOSTS=https://www.example.org":    "EXTRA_HOSTS",
		"EXTRA_HOSTS=www.example.org/":           "EXTRA_HOSTS",
		"EXTRA_HOSTS=*.example.org":              "EXTRA_HOSTS",
		"EXTRA_HOSTS=a.org,,b.org":               "EXTRA_HOSTS",

		"COOKIE_DOMAIN=example.org":                                      "COOKIE_DOMAIN", // of no BASE_URL
		"COOKIE_DOMAIN=localhost|BASE_URL=http://localhost":              "COOKIE_DOMAIN", // without a dot browsers keep it not
		"COOKIE_DOMAIN=org|BASE_URL=https://example.org":                 "COOKIE_DOMAIN",
		"COOKIE_DOMAIN=ample.org|BASE_URL=https://example.org":           "COOKIE_DOMAIN",
		"COOKIE_DOMAIN=app.example.org|BASE_URL=https://example.org":     "COOKIE_DOMAIN",
		"COOKIE_DOMAIN=example.org; Path=/|BASE_URL=https://example.org": "COOKIE_DOMAIN",
		"COOKIE_DOMAIN=co.uk|BASE_URL=https://example.co.uk":             "COOKIE_DOMAIN", // everybody's
		"COOKIE_DOMAIN=.github.io|BASE_URL=https://ann.github.io":        "COOKIE_DOMAIN",
		"COOKIE_DOMAIN=ann.github.io|BASE_URL=https://ann.github.io":     "",
		"COOKIE_DOMAIN=home.lan|BASE_URL=https://app.home.lan":           "",
		"COOKIE_DOMAIN=example.org|BASE_URL=https://example.org":         "",
		"COOKIE_DOMAIN=example.org|BASE_URL=https://a.b.example.org":     "",
	} {
		_, err := load(strings.Split(settings, "|")...)
		if (err == nil) != (wrong == "") || err != nil && (!strings.HasPrefix(err.Error(), wrong+"=") || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %v", settings, err)
		}
	}
}

// TestSettingsInPrintAreSettings holds that what is printed can be written into an environment, and then says the same.
func TestSettingsInPrintAreSettings(t *testing.T) {
	for _, settings := range [][]string{
		nil,
		{"PORT=8081", "EXTRA_HOSTS=a.example, b.example", "TRUSTED_PROXIES=10.0.0.0/8,203.0.113.7", "AUTO_MIGRATE=off", "KEEP_ALIVE=90m", "DRAIN=1m30s", "BACKUP_EVERY=2h", "LIMIT_WINDOW=10m"},
	} {
		c, err := load(settings...)
		if err != nil {
			t.Fatal(err)
		}
		again, err := load(strings.Split(c.String(), "\n")...)
		if err != nil || again.String() != c.String() {
			t.Errorf("%v: printed\n%sread as\n%s%v", settings, c, again, err)
		}
		for _, strange := range []string{"=true\n", "=false\n", "0m0s\n", "[", "=0\n"} {
			if strings.Contains(c.String(), strange) {
				t.Errorf("%v: %q in\n%s", settings, strange, c)
			}
		}
	}
}
