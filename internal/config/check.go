package config

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

var (
	cookieToken = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")                                    // RFC 6265, 4.1.1
	hostName    = regexp.MustCompile(`^(?i)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`) // RFC 1123, 2.1
)

// check completes what depends on other settings, and finds what the bounds in the tags cannot say.
func (c *Config) check(must func(ok bool, name, value, right string)) {
	must(c.Registration != "verify" || c.SMTPURL != "" || !c.Production(), "REGISTRATION", c.Registration,
		"open, invite or closed as long as SMTP_URL is not set: verify needs mail")
	must(c.BcryptCost >= 10 || !c.Production(), "BCRYPT_COST", "", "10 to 16 in production")
	c.address(must)
	c.site(must)
	c.mail(must)

	right := databaseMisses(c.DatabaseURL)
	must(right == "", "DATABASE_URL", c.DatabaseURL, right)
	must(c.BackupDir == "" || strings.HasPrefix(c.DatabaseURL, "sqlite:"), "BACKUP_DIR", c.BackupDir, "left out with PostgreSQL, whose backups are pg_dump's")
	must(cookieToken.MatchString(c.CookieName) && !strings.HasPrefix(c.CookieName, "__"), "COOKIE_NAME", c.CookieName,
		"letters, digits, - or _, without the prefix __Host- or __Secure-")
	if c.Production() && c.written["DRAIN"] == "" {
		c.Drain = 3 * time.Second
	}
	level, format := "warn", "text"
	if c.Production() {
		level, format = "info", "json"
	}
	c.LogLevel, c.LogFormat = cmp.Or(c.LogLevel, level), cmp.Or(c.LogFormat, format)
}

// address decides where to listen.
func (c *Config) address(must func(bool, string, string, string)) {
	switch {
	case c.Addr != "":
		host, port, err := net.SplitHostPort(c.Addr)
		n, errPort := strconv.ParseUint(port, 10, 16)
		must(err == nil && errPort == nil && (host == "" || hostName.MatchString(host) || net.ParseIP(host) != nil) && n <= 65535,
			"ADDR", c.Addr, "HOST:PORT, as 127.0.0.1:8080")
	case c.Port == 0:
		c.Addr = "127.0.0.1:8080"
	case c.Production():
		c.Addr = fmt.Sprintf(":%d", c.Port)
	default:
		c.Addr = fmt.Sprintf("127.0.0.1:%d", c.Port)
	}
}

// site checks what names the site: its address and the domain of its cookie.
func (c *Config) site(must func(bool, string, string, string)) {
	if c.BaseURL == "" {
		must(!c.Production(), "BASE_URL", "", "set in production, as https://app.example.org")
	} else {
		u, err := url.Parse(strings.TrimSuffix(c.BaseURL, "/"))
		ok := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.Path == "" &&
			(hostName.MatchString(u.Hostname()) || net.ParseIP(u.Hostname()) != nil)
		must(ok, "BASE_URL", c.BaseURL, "http:// or https:// and a host, without user and without a path, as https://app.example.org")
		if ok {
			u.Host = strings.TrimSuffix(strings.ToLower(u.Host), ":")
			// Browsers leave the scheme's own port out of Host and Origin.
			u.Host = strings.TrimSuffix(u.Host, map[string]string{"http": ":80", "https": ":443"}[u.Scheme])
			c.base = u
		}
	}
	hosts := true
	for i, host := range c.ExtraHosts {
		c.ExtraHosts[i] = strings.ToLower(strings.TrimSpace(host))
		name, port, _ := strings.Cut(c.ExtraHosts[i], ":")
		hosts = hosts && hostName.MatchString(name) && isPort(port)
	}
	must(hosts, "EXTRA_HOSTS", "", "host names, as www.example.org, with commas between")
	if c.CookieDomain == "" {
		return
	}
	c.CookieDomain = strings.ToLower(strings.TrimPrefix(c.CookieDomain, "."))
	// Browsers keep no cookie of a domain without a dot, of one that the site's host does not belong to, and of one below which
	// everybody can have a site, as co.uk and github.io (RFC 6265, 5.3).
	ok := hostName.MatchString(c.CookieDomain) && strings.Contains(c.CookieDomain, ".") && c.base != nil
	if suffix, _ := publicsuffix.PublicSuffix(c.CookieDomain); suffix == c.CookieDomain {
		ok = false
	}
	if ok {
		host := c.base.Hostname()
		ok = host == c.CookieDomain || strings.HasSuffix(host, "."+c.CookieDomain)
	}
	must(ok, "COOKIE_DOMAIN", c.CookieDomain, "the host of BASE_URL, or a domain that it belongs to and that is not everybody's, as co.uk")
}

// mail checks how mails leave, and completes their sender.
func (c *Config) mail(must func(bool, string, string, string)) {
	if u, err := url.Parse(c.SMTPURL); err == nil && c.SMTPURL != "" {
		must(strings.Trim(u.Path, "/") == "", "SMTP_URL", c.SMTPURL, "without a path, as smtp://USER:PASSWORD@mail.example.org:587")
	}
	if c.MailFrom == "" {
		host := "localhost"
		if c.base != nil && !strings.Contains(c.base.Hostname(), ":") { // an IPv6 address is no domain
			host = c.base.Hostname()
		}
		c.MailFrom = "latchkey@" + host
	}
	_, err := mail.ParseAddress(c.MailFrom)
	must(err == nil, "MAIL_FROM", c.MailFrom, "an address, as Example <hello@example.org>")
}

// Logger returns the logger that the settings ask for.
func (c Config) Logger(w interface{ Write([]byte) (int, error) }) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
