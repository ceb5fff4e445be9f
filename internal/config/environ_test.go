package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/config"
)

// dotEnv writes a file and reads it, beneath the environment of the process.
func dotEnv(t *testing.T, text string) (config.Environment, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Environ(file)
}

func TestDotEnv(t *testing.T) {
	t.Setenv("COOKIE_NAME", "fromenv")
	const text = "LOG_LEVEL=debug\nCOOKIE_NAME=fromfile\n"
	env, err := dotEnv(t, text)
	if err != nil || env.Get("LOG_LEVEL") != "debug" || env.Get("COOKIE_NAME") != "fromenv" {
		t.Error("the file lies beneath the environment", err)
	}
	t.Setenv("APP_ENV", "production")
	if env, err = dotEnv(t, text+"\x00"); err != nil || env.Get("LOG_LEVEL") != "" {
		t.Error("the file counts in production", err)
	}
	if _, err := config.Environ(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Error("without a file:", err)
	}
}

func TestDotEnvIsReadAsItStands(t *testing.T) {
	for line, want := range map[string]string{
		"X=plain":                        "plain",
		"\ufeffX=after a BOM":            "after a BOM",
		"X = blanks around \t":           "blanks around",
		"export X=exported":              "exported",
		"X=windows\r":                    "windows",
		"X=":                             "",
		"X=$HOME/${HOME}/$$":             "$HOME/${HOME}/$$",
		`X="$HOME"`:                      "$HOME",
		"X='$HOME'":                      "$HOME",
		`X=a\nb`:                         `a\nb`,
		`X="a\nb"`:                       `a\nb`,
		`X=C:\data\x`:                    `C:\data\x`,
		"X=smtp://u:a#b@h":               "smtp://u:a#b@h",
		"X=value # a comment":            "value",
		"X=value\t# a comment":           "value",
		"X= # nothing but a comment":     "",
		`X="a # b"`:                      "a # b",
		`X="a" # it's a comment`:         "a",
		`X="Ada" <ada@example.org>`:      `"Ada" <ada@example.org>`,
		`X='"Ada, B." <ada@example.org>`: `"Ada, B." <ada@example.org>`, // not closed: an error
		`X='"Ada, B." <a@example.org>'`:  `"Ada, B." <a@example.org>`,
		"X=a=b=c":                        "a=b=c",
		"X=`id`":                         "`id`",
		"X=it's":                         "it's",
		"X=first\nX=second":              "second",
		"\n# X=comment\n  X=third\n":     "third",
	} {
		env, err := dotEnv(t, line)
		if env.Get("X") != want || (err != nil) != strings.Contains(line, "'\"Ada, B.\" <ada") {
			t.Errorf("%q: %q %v", line, env.Get("X"), err)
		}
	}
}

// TestABadLineIsNamedByItsNumber: its text may be the rest of a secret.
func TestABadLineIsNamedByItsNumber(t *testing.T) {
	_, err := dotEnv(t, "LOG_LEVEL=info\nPW7secret\n\n=PW7secret\nPW7 secret=x\nX=\"PW7secret\nPW7-secret=x\n")
	for _, want := range []string{"line 2: it must be NAME=VALUE", "line 4: it must", "line 5: it must", "line 6: the quote is not closed", "line 7: it must"} {
		if !strings.Contains(fmt.Sprint(err), ".env, "+want) {
			t.Errorf("it lacks %q: %v", want, err)
		}
	}
	for _, text := range []string{"LOG_LEVEL=info\n\xff\xfePW7secret=x\n", "L\x00O\x00=PW7secret", "PW7secret"} {
		if _, err := dotEnv(t, text); err == nil || strings.Contains(err.Error(), "PW7") || !strings.Contains(err.Error(), ".env") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if strings.Contains(fmt.Sprint(err), "PW7") {
		t.Error(err)
	}
	if _, err := config.Environ(t.TempDir()); err == nil { // a folder of that name
		t.Error("a folder is read")
	}
}

func TestNamesThatAreNoSettings(t *testing.T) {
	for name, meant := range map[string]string{ // as the environment has them
		"BASE_ULR": "BASE_URL", "DATABSE_URL": "DATABASE_URL", "BASEURL": "BASE_URL", "LOGLEVEL": "LOG_LEVEL", "TRUSTED_PROXY": "", "TRUSTED_PROXIE": "TRUSTED_PROXIES",
		"base_url": "BASE_URL", "Cookie_Nmae": "COOKIE_NAME", "APP_ENVV": "APP_ENV", "PROT": "PORT", "ADR": "ADDR", "LIMIT_KEEPS": "LIMIT_KEEP", "KEEP_FORR": "KEEP_FOR",
		"HOST": "", "HOME": "", "PATH": "", "PORTS_AND_MORE": "", "POSTGRES_URL": "", "APP_NAME": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "PW7secret")
			_, extra := extras()
			env, err := config.Environ("none")
			lines := slices.DeleteFunc(env.Unknown(extra...), func(l string) bool { return !strings.HasPrefix(l, name+" ") })
			want := []string{name + " in the environment is no setting: did you mean " + meant + "?"}
			if meant == "" {
				want = nil
			}
			if err != nil || !slices.Equal(lines, want) {
				t.Errorf("%q %v", lines, err)
			}
		})
	}
	_, extra := extras()
	env, err := dotEnv(t, "LOG_LEVEL=info\nKEEP_FOR=2d\nLIMIT_KEEP=3\nNOTHING_OF_OURS=PW7secret\nBASE_ULR=x\nMIIpw7secret=\n")
	lines := slices.DeleteFunc(env.Unknown(extra...), func(l string) bool { return !strings.Contains(l, ".env") })
	for i, want := range []string{"line 5: BASE_ULR is no setting: did you mean BASE_URL?", "line 6: is no setting", "line 4: NOTHING_OF_OURS is no setting"} {
		if err != nil || len(lines) != 3 || !strings.HasSuffix(lines[i], ".env, "+want) {
			t.Fatalf("%q %v", lines, err)
		}
	}
}

func TestProductionWarns(t *testing.T) {
	for settings, want := range map[string]string{
		"BASE_URL=https://example.org|SMTP_URL=smtp://h":                                                  "",
		"BASE_URL=https://example.org|SMTP_URL=smtp://h|TRUSTED_PROXIES=10.0.0.0/8,fc00::/7,127.0.0.1":    "",
		"BASE_URL=http://example.org|SMTP_URL=smtp://h":                                                   "BASE_URL",
		"BASE_URL=https://example.org":                                                                    "SMTP_URL",
		"BASE_URL=https://example.org|SMTP_URL=smtp://h|TRUSTED_PROXIES=0.0.0.0/0":                        "TRUSTED_PROXIES",
		"BASE_URL=https://example.org|SMTP_URL=smtp://h|TRUSTED_PROXIES=::/0":                             "TRUSTED_PROXIES",
		"BASE_URL=https://example.org|SMTP_URL=smtp://h|TRUSTED_PROXIES=10.0.0.0/8,0.0.0.0/1,128.0.0.0/1": "TRUSTED_PROXIES TRUSTED_PROXIES",
		"BASE_URL=https://example.org|SMTP_URL=smtp://h|TRUSTED_PROXIES=2000::/3":                         "TRUSTED_PROXIES",
		"BASE_URL=http://example.org|TRUSTED_PROXIES=0.0.0.0/0":                                           "BASE_URL SMTP_URL TRUSTED_PROXIES",
	} {
		c, err := load(append(strings.Split(settings, "|"), "APP_ENV=production")...)
		var names []string
		for _, line := range c.Warnings() {
			name, _, _ := strings.Cut(line, " ")
			names = append(names, name)
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%s: %q %v", settings, got, err)
		}
	}
	if c, err := load("BASE_URL=http://example.org", "TRUSTED_PROXIES=0.0.0.0/0"); err != nil || len(c.Warnings()) != 0 {
		t.Errorf("development: %v %v", c.Warnings(), err)
	}
}
