// Package config reads the settings from the environment, once. It knows their names, defaults and bounds, and not what they
// are for.
package config

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// Config are all settings of the program. Each has a working default in development.
type Config struct {
	Env  string `env:"APP_ENV" envDefault:"development" oneof:"development production" doc:"development or production"`
	Addr string `env:"ADDR" doc:"where to listen; default 127.0.0.1:8080"`
	Port int    `env:"PORT" min:"1" max:"65535" doc:"the port alone, if ADDR is not set: on all interfaces in production"`

	Drain time.Duration `env:"DRAIN" max:"5m" doc:"how long to go on serving, and say so at /readyz, after the signal to end; default 3s in production, 0s in development"`

	BaseURL    string   `env:"BASE_URL" url:"http https" doc:"the site's address, as https://app.example.org; required in production"`
	ExtraHosts []string `env:"EXTRA_HOSTS" doc:"more host names to answer for, with commas between"`

	DatabaseURL string `env:"DATABASE_URL" envDefault:"sqlite:data/latchkey.db" url:"" doc:"sqlite:FILE or postgres://…"`
	AutoMigrate bool   `env:"AUTO_MIGRATE" envDefault:"on" doc:"migrate the database at start: on or off"`

	SMTPURL     string        `env:"SMTP_URL" url:"smtp smtps" doc:"the server that takes our mail, as smtp://USER:PASSWORD@mail.example.org:587 or smtps://…; without one, mails are shown at /dev/mail in development and are not sent in production"`
	BackupDir   string        `env:"BACKUP_DIR" doc:"a folder for backups of a SQLite database that the server makes by itself; default: none are made"`
	BackupEvery time.Duration `env:"BACKUP_EVERY" envDefault:"24h" min:"1m" max:"400d" doc:"how often"`
	BackupKeep  int           `env:"BACKUP_KEEP" envDefault:"7" min:"1" max:"10000" doc:"how many of them stay; the oldest go"`

	MailFrom string `env:"MAIL_FROM" doc:"the sender of our mail, as Example <hello@example.org>; default: latchkey@ the site's host"`

	Registration string `env:"REGISTRATION" envDefault:"open" oneof:"open verify invite closed" doc:"who may register: open; verify (after the mail's button was pressed); invite (with a link from latchkey invite); closed"`

	SessionLifetime time.Duration `env:"SESSION_LIFETIME" envDefault:"30d" min:"1s" zero:"ok" doc:"how long a visitor who does not come back is remembered; 0: until the browser closes"`
	SessionSliding  bool          `env:"SESSION_SLIDING" envDefault:"on" doc:"each visit renews the lifetime: on or off"`

	LoginIdle        time.Duration `env:"LOGIN_IDLE" envDefault:"1h" min:"1ms" max:"400d" doc:"how long a login lasts without a request"`
	LoginLifetime    time.Duration `env:"LOGIN_LIFETIME" envDefault:"24h" min:"1ms" max:"400d" doc:"how long a login lasts at most"`
	RememberIdle     time.Duration `env:"REMEMBER_IDLE" envDefault:"30d" min:"1ms" max:"400d" doc:"LOGIN_IDLE with “keep me logged in”"`
	RememberLifetime time.Duration `env:"REMEMBER_LIFETIME" envDefault:"90d" min:"1ms" max:"400d" doc:"LOGIN_LIFETIME with “keep me logged in”"`
	FreshFor         time.Duration `env:"FRESH_FOR" envDefault:"15m" min:"1ms" max:"400d" doc:"how long after giving the password fresh pages open"`

	CookieName   string `env:"COOKIE_NAME" envDefault:"latchkey" doc:"the cookie's name, without __Host- or __Secure-; the default has the port added in development without BASE_URL, unless it is 8080"`
	CookieDomain string `env:"COOKIE_DOMAIN" doc:"share the cookie with this domain's hosts, each of which can then read it, and plant one: only where all of them are yours; the cookie of known browsers is never shared; default: this host alone"`

	RequireFactor       string        `env:"REQUIRE_FACTOR" envDefault:"off" oneof:"off admin all" doc:"whose account must have a second factor: off (nobody’s), admin or all; such a user sets one up first"`
	FactorRecoveryAfter time.Duration `env:"FACTOR_RECOVERY_AFTER" envDefault:"3d" min:"1h" max:"30d" zero:"ok" doc:"how long somebody who has lost a second factor waits for the mail with a link that removes it; 0: only an operator can remove one"`

	PasswordMinLength int `env:"PASSWORD_MIN_LENGTH" envDefault:"15" min:"8" max:"64" doc:"the shortest new password, 8 to 64 characters"`
	BcryptCost        int `env:"BCRYPT_COST" envDefault:"12" min:"4" max:"16" doc:"bcrypt's cost, 4 to 16, in production at least 10"`

	HSTSSubdomains bool          `env:"HSTS_SUBDOMAINS" envDefault:"off" doc:"promise https (Strict-Transport-Security) for the subdomains of the site's host, too: on or off"`
	KeepAlive      time.Duration `env:"KEEP_ALIVE" envDefault:"2m" min:"1s" max:"1d" doc:"how long an idle connection stays open; behind a load balancer longer than it keeps its own: 11m for one that keeps 600 s"`

	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" doc:"networks (CIDR) whose X-Forwarded-For is believed, with commas between"`

	LogLevel  string `env:"LOG_LEVEL" oneof:"debug info warn error" doc:"debug, info, warn or error; default warn in development, info in production"`
	LogFormat string `env:"LOG_FORMAT" oneof:"text json" doc:"text or json; default text in development, json in production"`

	LimitWindow time.Duration `env:"LIMIT_WINDOW" envDefault:"15m" min:"1ms" max:"400d" doc:"the time that the limits, LIMIT_…, count in"`

	base    *url.URL
	written map[string]string // the settings as they were written; nil in a zero Config
	extra   []Setting         // those beyond the fields above
	ints    map[string]int    // the values of those that are an Int
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
		return c.cookieName()
	case c.CookieDomain != "":
		return "__Secure-" + c.CookieName
	}
	return "__Host-" + c.CookieName
}

// cookieName is COOKIE_NAME. In development, where neither that nor BASE_URL is set, a port other than 8080 is part of it:
// browsers share cookies among all ports of a host (RFC 6265, 8.5), and two projects at one machine would log each other
// out.
func (c Config) cookieName() string {
	_, port, err := net.SplitHostPort(c.Addr)
	if err != nil || port == "8080" || port == "0" || c.Production() || c.base != nil || c.written["COOKIE_NAME"] != "" {
		return c.CookieName
	}
	return c.CookieName + "_" + port
}

// KnownCookieName is the name of the cookie of known browsers. It is for this host alone, whatever COOKIE_DOMAIN says.
func (c Config) KnownCookieName() string {
	if c.Secure() {
		return "__Host-" + c.CookieName + "_known"
	}
	return c.cookieName() + "_known"
}

// String prints the settings without secrets, one a line, as an environment would have them.
func (c Config) String() string {
	var b strings.Builder
	line := func(s Setting, value string) {
		fmt.Fprintf(&b, "%s=%s\n", s.Name, s.show(value))
	}
	own := settingsOf(c)
	for f, value := range reflect.ValueOf(c).Fields() {
		if f.Tag.Get("env") != "" {
			line(own[0], asWritten(value.Interface()))
			own = own[1:]
		}
	}
	for _, s := range c.extra {
		line(s, cmp.Or(c.written[s.Name], s.Default))
	}
	return b.String()
}

// DatabaseName is DATABASE_URL as it may be shown.
func (c Config) DatabaseName() string { return show(c.DatabaseURL, true) }

// Load reads the settings, those of Config and the extra ones. It reports all mistakes at once, each on a line that
// names the setting, the value and what would be right.
func Load(getenv func(string) string, extra ...Extra) (Config, error) {
	all := written(Help(extra...), getenv)
	c := Config{written: map[string]string{}, ints: map[string]int{}}
	c.extra = all[len(settingsOf(c)):]
	m := &mistakes{written: c.written, settings: map[string]Setting{}}
	for _, s := range all {
		m.settings[s.Name] = s
		if value := getenv(s.Name); value != "" {
			c.written[s.Name] = value
		}
	}
	m.read(&c)
	for _, e := range extra {
		if e.Into != nil {
			m.read(e.Into)
		}
		for _, i := range e.Ints {
			c.ints[i.Name] = m.int(i)
		}
	}
	c.check(m.must)
	return c, m.err()
}
