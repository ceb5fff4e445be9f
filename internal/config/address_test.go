package config_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestNoPasswordIsShown mistypes addresses in the ways that people do. Whether or not the value is refused, neither the
// message nor the settings in print show the password.
func TestNoPasswordIsShown(t *testing.T) {
	const secret = "PW7secret"
	for _, scheme := range []string{"postgres", "postgresql", "smtp", "smtps", "http", "https", "sqlite", "mysql", "POSTGRES", ""} {
		for _, form := range []string{
			"%s://u:PW7secret@h/db", "%s://u:PW7secret@h", "%s://:PW7secret@h", "%s://PW7secret@h", "%s://u:PW7secret@h:99999/db", "%s://u:PW7secret@h:x/db", "%s://u:PW7secret@/db", "%s://u:PW7secret@",
			"%s:u:PW7secret@h/db", "%s:/u:PW7secret@h/db", "%s//u:PW7secret@h/db", "%s:///u:PW7secret@h/db", "%s;//u:PW7secret@h/db", "u:PW7secret@%s", "%s u:PW7secret@h", " %s://u:PW7secret@h/db", "\"%s://u:PW7secret@h/db\"",
			"%s://u:a#PW7secret@h/db", "%s://u:1#PW7secret@h/db", "%s://u#PW7secret@h/db", "%s://u:PW7secret#b@h/db", "%s://u:a?PW7secret@h/db", "%s://u:1?PW7secret@h/db", "%s://u?PW7secret@h/db", "%s://u:PW7secret?b@h/db",
			"%s://u:a/PW7secret@h/db", "%s://u:1/PW7secret@h/db", "%s://u/PW7secret@h/db", "%s://u:PW7secret/b@h/db", "%s://u:a@PW7secret@h/db", "%s://u:PW7secret@b@h/db", "%s://u:%%zzPW7secret@h/db", "%s://u:a\\PW7secret@h/db", "%s://u: PW7secret@h/db",
			"%s://u:PW7secret", "%s://u:PW7secret/db", "%s://h:PW7secret/db?sslmode=off", "%s://h/db?user=u&password=PW7secret", "%s://h/db?sslpassword=PW7secret", "%s:///db?host=/run&password=PW7secret", "%s://h#PW7secret", "%s://h?PW7secret",
			"%s://h/db password=PW7secret", "%s://h/db;password=PW7secret", "%s://h,password=PW7secret", "host=h user=u password=PW7secret dbname=%s", "password='PW7secret' %s",
			"%s=%[1]s://u:PW7secret@h/db", "%s://%[1]s://u:PW7secret@h/db", "%s://u:PW7secret@h/%[1]s://u:PW7secret@h", "DATABASE_URL=%s://u:PW7secret@h/db",
		} {
			value := fmt.Sprintf(form, scheme)
			if scheme == "" {
				value = strings.TrimSuffix(value, "%!(EXTRA string=)")
			}
			settings := []string{}
			for _, name := range []string{"DATABASE_URL", "SMTP_URL", "BASE_URL", "ADDR", "PORT", "MAIL_FROM", "EXTRA_HOSTS", "COOKIE_NAME", "COOKIE_DOMAIN", "LOG_LEVEL", "BCRYPT_COST", "TRUSTED_PROXIES", "LOGIN_IDLE", "AUTO_MIGRATE"} {
				settings = append(settings, name+"="+value)
			}
			c, err := load(settings...)
			for what, text := range map[string]string{"the message": fmt.Sprint(err), "the settings in print": c.String(), "the database's name": c.DatabaseName()} {
				if strings.Contains(text, secret) {
					t.Errorf("%s: %s shows it: %s", value, what, text)
				}
			}
		}
	}
}

// TestAddressesAreShownAsFarAsTheyHelp is the other side: who mistypes a host sees it.
func TestAddressesAreShownAsFarAsTheyHelp(t *testing.T) {
	for setting, want := range map[string]string{
		"DATABASE_URL=mysql://u:pw@db.example.org:3306/x":    `DATABASE_URL="mysql://…@db.example.org:3306/x" is wrong`,
		"DATABASE_URL=postgres://u:p#w@db.example.org/x?y=z": `DATABASE_URL="postgres://…@db.example.org/x?…" is wrong`,
		"DATABASE_URL=sqlite:~/x.db":                         `DATABASE_URL="sqlite:~/x.db" is wrong`,
		"DATABASE_URL=data/x.db":                             `DATABASE_URL="(not shown)" is wrong`,
		"SMTP_URL=mail.example.org:587":                      `SMTP_URL="(not shown)" is wrong`,
		"SMTP_URL=https://mail.example.org":                  `SMTP_URL="https://mail.example.org" is wrong`,
		"BASE_URL=https://[::1]:8080/app":                    `BASE_URL="https://[::1]:8080/app" is wrong`,
		"ADDR=https://example.org":                           `ADDR="https://example.org" is wrong`,
		"MAIL_FROM=Ada <ada@>":                               `MAIL_FROM="Ada <ada@>" is wrong`,
	} {
		if _, err := load(setting); !strings.HasPrefix(fmt.Sprint(err), want) {
			t.Errorf("%s: %v", setting, err)
		}
	}
	for setting, want := range map[string]string{
		"DATABASE_URL=postgres://u:pw@h/db?sslmode=disable": "DATABASE_URL=postgres://…@h/db?…\n",
		"DATABASE_URL=postgres:///db?host=/run/postgresql":  "DATABASE_URL=postgres:///db?…\n",
		"DATABASE_URL=sqlite:/var/lib/x.db":                 "DATABASE_URL=sqlite:/var/lib/x.db\n",
		"SMTP_URL=smtps://u:p%23w@mail.example.org":         "SMTP_URL=smtps://…@mail.example.org\n",
	} {
		if c, err := load(setting); err != nil || !strings.Contains(c.String(), want) {
			t.Errorf("%s: %v\n%s", setting, err, c)
		}
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	for setting, right := range map[string]string{ // "" for one that is right
		"SMTP_URL=smtp://mail.example.org":                      "",
		"SMTP_URL=smtp://mail.example.org:25":                   "",
		"SMTP_URL=smtp://u:p%40w@mail_server:25/":               "",
		"SMTP_URL=smtps://[2001:db8::1]:465":                    "",
		"SMTP_URL=smtp://127.0.0.1:1025":                        "",
		"SMTP_URL=http://mail.example.org":                      "smtp:// or smtps:// and a host",
		"SMTP_URL=smtp:mail.example.org":                        "smtp:// or smtps:// and a host",
		"SMTP_URL=smtp://":                                      "a host",
		"SMTP_URL=smtp://u:pw@":                                 "a host",
		"SMTP_URL=smtp://u:a#b@mail.example.org":                "%23",
		"SMTP_URL=smtp://u#b@mail.example.org":                  "%23",
		"SMTP_URL=smtp://u?b@mail.example.org":                  "%3F",
		"SMTP_URL=smtp://u:1/b@mail.example.org":                "%2F",
		"SMTP_URL=smtp://mail.example.org#x":                    "without #",
		"SMTP_URL=smtp://mail.example.org?tls=skip":             "there are no options",
		"SMTP_URL=smtp://mail.example.org?":                     "there are no options",
		"SMTP_URL=smtp://mail.example.org/in":                   "without a path",
		"SMTP_URL=smtp://mail.example.org:99999":                "1 to 65535",
		"SMTP_URL=smtp://mail.example.org:0":                    "1 to 65535",
		"SMTP_URL=smtp://mail.example.org:smtp":                 "%3F",
		"SMTP_URL=smtp://mail..example.org":                     "a host",
		"SMTP_URL=smtp://ma il.example.org":                     "%3F",
		"BASE_URL=https://example.org#x":                        "without #",
		"BASE_URL=https://example.org?":                         "there are no options",
		"BASE_URL=https://example.org:99999":                    "1 to 65535",
		"DATABASE_URL=postgres://h/db":                          "",
		"DATABASE_URL=postgres://u:p%23w@h:5432/db?sslmode=off": "",
		"DATABASE_URL=postgres:///db?host=/run/postgresql":      "",
		"DATABASE_URL=postgresql://u@my_db/db":                  "",
		"DATABASE_URL=postgres://u:a#b@h/db":                    "%23",
		"DATABASE_URL=postgres://u:1?b@h/db":                    "%3F",
		"DATABASE_URL=postgres://u:a@h:99999/db":                "1 to 65535",
		"DATABASE_URL=postgres:u:pw@h/db":                       "postgres://USER",
		"DATABASE_URL=postgres://":                              "postgres://USER",
		"DATABASE_URL=host=h dbname=db":                         "postgres://USER",
		"DATABASE_URL=sqlite:data/x.db":                         "",
		"DATABASE_URL=sqlite:/var/lib/my app/ü#%20~.db":         "",
		"DATABASE_URL=sqlite:":                                  "the path of a file",
		"DATABASE_URL=sqlite: x.db":                             "the path of a file",
		"DATABASE_URL=sqlite:data/":                             "the path of a file",
		"DATABASE_URL=sqlite:.":                                 "the path of a file",
		"DATABASE_URL=sqlite:data/..":                           "the path of a file",
		"DATABASE_URL=sqlite::memory:":                          "lost with the program",
		"DATABASE_URL=sqlite:file::memory:?cache=shared":        "lost with the program",
		"DATABASE_URL=sqlite:file:x.db":                         "the path of a file alone",
		"DATABASE_URL=:memory:":                                 "sqlite:FILE",
		"DATABASE_URL=sqlite:~/x.db":                            "~ and $ mean nothing here",
		"DATABASE_URL=sqlite:~ada/x.db":                         "~ and $ mean nothing here",
		"DATABASE_URL=sqlite:$HOME/x.db":                        "~ and $ mean nothing here",
		"DATABASE_URL=sqlite:/srv/${APP}/x.db":                  "~ and $ mean nothing here",
		"DATABASE_URL=sqlite:x.db?mode=ro":                      "without ?",
		"DATABASE_URL=sqlite:x.db?":                             "without ?",
		"DATABASE_URL=sqlite://x.db":                            "without //",
		"DATABASE_URL=sqlite:///var/lib/x.db":                   "without //",
		"DATABASE_URL=sqlite3:x.db":                             "sqlite:FILE",
		"DATABASE_URL=SQLITE:x.db":                              "sqlite:FILE",
	} {
		_, err := load(setting)
		name, _, _ := strings.Cut(setting, "=")
		if (err == nil) != (right == "") || err != nil && (!strings.HasPrefix(err.Error(), name+"=") || !strings.Contains(err.Error(), right) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
