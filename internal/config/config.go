// Package config reads the settings, once, from the environment. It knows names, defaults and what is right,
// and nothing of what the settings are for.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"
)

// Config are all settings of the program. Each has a working default in development.
type Config struct {
	Env  string `env:"APP_ENV" envDefault:"development" doc:"development or production"`
	Addr string `env:"ADDR" doc:"where to listen; default 127.0.0.1:8080"`
	Port string `env:"PORT" doc:"the port alone, if ADDR is not set: on all interfaces in production"`

	BaseURL    string   `env:"BASE_URL" doc:"the site's address, as https://app.example.org; required in production"`
	ExtraHosts []string `env:"EXTRA_HOSTS" doc:"more host names to answer for, with commas between"`

	DatabaseURL string `env:"DATABASE_URL" envDefault:"sqlite:data/latchkey.db" doc:"sqlite:FILE or postgres://…"`
	AutoMigrate bool   `env:"AUTO_MIGRATE" envDefault:"on" doc:"migrate the database at start: on or off"`

	SMTPURL  string `env:"SMTP_URL" doc:"the server that takes our mail, as smtp://USER:PASSWORD@mail.example.org:587 or smtps://…; without one, mails stand in /dev/mail in development and are not sent in production"`
	MailFrom string `env:"MAIL_FROM" doc:"the sender of our mail, as Example <hello@example.org>; default: latchkey@ the site's host"`

	Registration string `env:"REGISTRATION" envDefault:"open" doc:"who may register: open; verify (after the mail's button was pressed); invite (with a link from latchkey invite); closed"`

	SessionLifetime time.Duration `env:"SESSION_LIFETIME" envDefault:"30d" doc:"how long a visitor who does not come back is remembered; 0: until the browser closes"`
	SessionSliding  bool          `env:"SESSION_SLIDING" envDefault:"on" doc:"each visit renews the lifetime: on or off"`

	LoginIdle        time.Duration `env:"LOGIN_IDLE" envDefault:"1h" doc:"a login ends after so long without a request"`
	LoginLifetime    time.Duration `env:"LOGIN_LIFETIME" envDefault:"24h" doc:"a login ends after so long in any case"`
	RememberIdle     time.Duration `env:"REMEMBER_IDLE" envDefault:"30d" doc:"LOGIN_IDLE with “keep me logged in”"`
	RememberLifetime time.Duration `env:"REMEMBER_LIFETIME" envDefault:"90d" doc:"LOGIN_LIFETIME with “keep me logged in”"`
	FreshFor         time.Duration `env:"FRESH_FOR" envDefault:"15m" doc:"how long after giving the password fresh pages open"`

	CookieName   string `env:"COOKIE_NAME" envDefault:"latchkey" doc:"the cookie's name, without __Host- or __Secure-"`
	CookieDomain string `env:"COOKIE_DOMAIN" doc:"share the cookie with this domain's hosts; default: this host alone"`

	PasswordMinLength int    `env:"PASSWORD_MIN_LENGTH" envDefault:"12" doc:"the shortest new password, 8 to 64 characters"`
	PwnedPasswords    string `env:"PWNED_PASSWORDS" envDefault:"off" doc:"refuse new passwords that are in breaches: off, on, or the address of a server that speaks the range interface of Pwned Passwords; only 5 characters of a hash leave the machine"`
	BcryptCost        int    `env:"BCRYPT_COST" envDefault:"12" doc:"bcrypt's cost, 4 to 16, in production at least 10"`

	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" doc:"networks (CIDR) whose X-Forwarded-For is believed, with commas between"`

	LimitWindow              time.Duration `env:"LIMIT_WINDOW" envDefault:"15m" doc:"the time that the limits below count in"`
	LimitLoginAccountAddress int           `env:"LIMIT_LOGIN_ACCOUNT_ADDRESS" envDefault:"10" doc:"tries to log in, by account and address"`
	LimitLoginAccount        int           `env:"LIMIT_LOGIN_ACCOUNT" envDefault:"30" doc:"tries to log in, by account"`
	LimitLoginAddress        int           `env:"LIMIT_LOGIN_ADDRESS" envDefault:"100" doc:"tries to log in, by address"`
	LimitLoginKnownBrowser   int           `env:"LIMIT_LOGIN_KNOWN_BROWSER" envDefault:"10" doc:"tries to log in, by a browser that has logged in to the account before; and tries to confirm a password, by account"`
	LimitRegisterAddress     int           `env:"LIMIT_REGISTER_ADDRESS" envDefault:"100" doc:"registrations, by address"`
	LimitMailAddress         int           `env:"LIMIT_MAIL_ADDRESS" envDefault:"20" doc:"acts that send a mail, by address"`
	LimitMailAccount         int           `env:"LIMIT_MAIL_ACCOUNT" envDefault:"5" doc:"mails of one kind, by account; beyond it none is sent, and the answer is the same"`
	LimitLinkAddress         int           `env:"LIMIT_LINK_ADDRESS" envDefault:"60" doc:"uses of links from mails, by address"`
	LimitExportAccount       int           `env:"LIMIT_EXPORT_ACCOUNT" envDefault:"5" doc:"downloads of one's data, by account"`
	LimitVisitorAddress      int           `env:"LIMIT_VISITOR_ADDRESS" envDefault:"300" doc:"new visitors that are remembered, by address"`

	LogLevel  string `env:"LOG_LEVEL" doc:"debug, info, warn or error; default warn in development, info in production"`
	LogFormat string `env:"LOG_FORMAT" doc:"text or json; default text in development, json in production"`

	base    *url.URL
	written map[string]string // the settings as they were written
}

// Production reports whether this is APP_ENV=production.
func (c Config) Production() bool { return c.Env == "production" }

// Base is BASE_URL; nil in development without one.
func (c Config) Base() *url.URL { return c.base }

// Secure reports whether the site is served by https.
func (c Config) Secure() bool { return c.base != nil && c.base.Scheme == "https" }

// FullCookieName is COOKIE_NAME with the prefix by which browsers hold us to our word (RFC 6265bis, 4.1.3).
func (c Config) FullCookieName() string {
	switch {
	case !c.Secure():
		return c.CookieName
	case c.CookieDomain != "":
		return "__Secure-" + c.CookieName
	}
	return "__Host-" + c.CookieName
}

// A Setting describes one setting.
type Setting struct{ Name, Default, Doc string }

// Help lists all settings, in the order of Config.
func Help() []Setting {
	var list []Setting
	for f := range reflect.TypeFor[Config]().Fields() {
		if name := f.Tag.Get("env"); name != "" {
			list = append(list, Setting{name, f.Tag.Get("envDefault"), f.Tag.Get("doc")})
		}
	}
	return list
}

// String prints the settings without secrets.
func (c Config) String() string {
	var b strings.Builder
	v := reflect.ValueOf(c)
	for f, value := range v.Fields() {
		name := f.Tag.Get("env")
		if name == "" {
			continue
		}
		text := fmt.Sprint(value.Interface())
		if name == "DATABASE_URL" || name == "SMTP_URL" {
			text = redact(text)
		}
		fmt.Fprintf(&b, "%s=%s\n", name, text)
	}
	return b.String()
}

// DatabaseName is DATABASE_URL without its password.
func (c Config) DatabaseName() string { return redact(c.DatabaseURL) }

// redact takes the password out of a URL.
func redact(text string) string {
	if strings.HasPrefix(text, "sqlite:") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return "(not shown)"
	}
	if u.Query().Has("password") {
		return "(not shown)"
	}
	return u.Redacted()
}

// Load reads the settings. It reports all mistakes at once, each on a line that names the setting, the value and
// what would be right.
func Load(getenv func(string) string) (Config, error) {
	vars := map[string]string{}
	for _, s := range Help() {
		if value := getenv(s.Name); value != "" {
			vars[s.Name] = value
		}
	}
	var c Config
	c.written = vars
	if err := env.ParseWithOptions(&c, env.Options{Environment: vars, FuncMap: parsers}); err != nil {
		unread, names := mistakes(err, vars)
		// What could not be read is reported once; the others are still checked.
		return c, errors.Join(append(unread, c.check(names...)...)...)
	}
	return c, errors.Join(c.check()...)
}

// mistakes turns what the parser says into our own lines, and returns the settings that it could not read.
func mistakes(err error, vars map[string]string) (lines []error, names []string) {
	all := []error{err}
	if aggregate, ok := errors.AsType[env.AggregateError](err); ok {
		all = aggregate.Errors
	}
	for _, one := range all {
		parse, ok := errors.AsType[env.ParseError](one)
		if !ok {
			lines = append(lines, one)
			continue
		}
		field, _ := reflect.TypeFor[Config]().FieldByName(parse.Name)
		name := field.Tag.Get("env")
		right := "a whole number"
		if field.Type.Kind() != reflect.Int {
			right = parse.Err.Error()
		}
		lines, names = append(lines, wrong(name, vars[name], right)), append(names, name)
	}
	return lines, names
}

func wrong(name, value, right string) error {
	return fmt.Errorf("%s=%q is wrong: it must be %s", name, value, right)
}

// Environ returns the environment, with the file of that name (".env") beneath it in development.
// A file that is not there is well.
func Environ(file string) (func(string) string, error) {
	if os.Getenv("APP_ENV") == "production" {
		return os.Getenv, nil
	}
	values, err := godotenv.Read(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return func(name string) string {
		if value, ok := os.LookupEnv(name); ok {
			return value
		}
		return values[name]
	}, nil
}
