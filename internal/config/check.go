package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// day is what "30d" counts in.
const day = 24 * time.Hour

// parsers read the kinds of values that are written in a way of their own.
var parsers = map[reflect.Type]env.ParserFunc{
	reflect.TypeFor[time.Duration](): func(v string) (any, error) {
		if days, ok := strings.CutSuffix(v, "d"); ok {
			if n, err := strconv.ParseUint(days, 10, 16); err == nil {
				return time.Duration(n) * day, nil
			}
		}
		d, err := time.ParseDuration(v)
		if err != nil || d < 0 {
			return nil, errors.New("a length of time, as 90s, 15m, 24h or 30d")
		}
		return d, nil
	},
	reflect.TypeFor[bool](): func(v string) (any, error) {
		if v != "on" && v != "off" {
			return nil, errors.New("on or off")
		}
		return v == "on", nil
	},
	reflect.TypeFor[[]netip.Prefix](): func(v string) (any, error) {
		var list []netip.Prefix
		for part := range strings.SplitSeq(v, ",") {
			part = strings.TrimSpace(part)
			if p, err := netip.ParsePrefix(part); err == nil {
				list = append(list, p.Masked())
				continue
			}
			addr, err := netip.ParseAddr(part)
			if err != nil {
				return nil, errors.New("networks, as 10.0.0.0/8 or 203.0.113.7, with commas between")
			}
			list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
		}
		return list, nil
	},
}

var (
	cookieToken = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")                                    // RFC 6265, 4.1.1
	hostName    = regexp.MustCompile(`^(?i)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`) // RFC 1123, 2.1
)

// check completes what depends on other settings, and finds what is wrong with all but those that could not be read.
func (c *Config) check(unread ...string) []error {
	var errs []error
	must := func(ok bool, name, value, right string) {
		if ok || slices.Contains(unread, name) {
			return
		}
		if written := c.written[name]; written != "" && !strings.HasSuffix(name, "_URL") { // URLs may hold passwords
			value = written
		}
		errs = append(errs, wrong(name, value, right))
	}
	oneOf := func(name, value string, allowed ...string) {
		for _, a := range allowed {
			if value == a {
				return
			}
		}
		must(false, name, value, strings.Join(allowed, " or "))
	}
	oneOf("APP_ENV", c.Env, "development", "production")
	oneOf("REGISTRATION", c.Registration, "open", "verify", "invite", "closed")
	must(c.Registration != "verify" || c.SMTPURL != "" || !c.Production(), "REGISTRATION", c.Registration,
		"open, invite or closed as long as SMTP_URL is not set: verify needs mail")
	c.address(must)
	c.site(must)
	c.mail(must)

	must(strings.HasPrefix(c.DatabaseURL, "sqlite:") && len(c.DatabaseURL) > len("sqlite:") ||
		strings.HasPrefix(c.DatabaseURL, "postgres://") || strings.HasPrefix(c.DatabaseURL, "postgresql://"),
		"DATABASE_URL", redact(c.DatabaseURL), "sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME")
	must(c.SessionLifetime == 0 || c.SessionLifetime >= time.Second, "SESSION_LIFETIME", c.SessionLifetime.String(), "0, or at least 1s")
	for name, d := range map[string]time.Duration{
		"LOGIN_IDLE": c.LoginIdle, "LOGIN_LIFETIME": c.LoginLifetime, "REMEMBER_IDLE": c.RememberIdle,
		"REMEMBER_LIFETIME": c.RememberLifetime, "FRESH_FOR": c.FreshFor, "LIMIT_WINDOW": c.LimitWindow,
	} {
		must(d >= time.Millisecond && d <= 400*day, name, d.String(), "more than 0 and at most 400d")
	}
	must(cookieToken.MatchString(c.CookieName) && !strings.HasPrefix(c.CookieName, "__"), "COOKIE_NAME", c.CookieName,
		"letters, digits, - or _, without the prefix __Host- or __Secure-")
	must(c.PasswordMinLength >= 8 && c.PasswordMinLength <= 64, "PASSWORD_MIN_LENGTH", strconv.Itoa(c.PasswordMinLength), "8 to 64")
	lowest := 4
	if c.Production() {
		lowest = 10
	}
	must(c.BcryptCost >= lowest && c.BcryptCost <= 16, "BCRYPT_COST", strconv.Itoa(c.BcryptCost), fmt.Sprintf("%d to 16", lowest))
	for name, n := range map[string]int{
		"LIMIT_LOGIN_ACCOUNT_ADDRESS": c.LimitLoginAccountAddress, "LIMIT_LOGIN_ACCOUNT": c.LimitLoginAccount,
		"LIMIT_LOGIN_ADDRESS": c.LimitLoginAddress, "LIMIT_LOGIN_KNOWN_BROWSER": c.LimitLoginKnownBrowser,
		"LIMIT_REGISTER_ADDRESS": c.LimitRegisterAddress, "LIMIT_VISITOR_ADDRESS": c.LimitVisitorAddress,
		"LIMIT_MAIL_ADDRESS": c.LimitMailAddress, "LIMIT_MAIL_ACCOUNT": c.LimitMailAccount, "LIMIT_LINK_ADDRESS": c.LimitLinkAddress,
		"LIMIT_EXPORT_ACCOUNT": c.LimitExportAccount,
	} {
		must(n >= 1 && n <= 1_000_000, name, strconv.Itoa(n), "1 to 1000000")
	}
	if c.LogLevel == "" {
		c.LogLevel = map[bool]string{false: "warn", true: "info"}[c.Production()]
	}
	if c.LogFormat == "" {
		c.LogFormat = map[bool]string{false: "text", true: "json"}[c.Production()]
	}
	oneOf("LOG_LEVEL", c.LogLevel, "debug", "info", "warn", "error")
	oneOf("LOG_FORMAT", c.LogFormat, "text", "json")
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errs
}

// address decides where to listen.
func (c *Config) address(must func(bool, string, string, string)) {
	if c.Port != "" {
		n, err := strconv.ParseUint(c.Port, 10, 16)
		must(err == nil && n > 0, "PORT", c.Port, "a port, 1 to 65535")
	}
	switch {
	case c.Addr != "":
		host, port, err := net.SplitHostPort(c.Addr)
		n, errPort := strconv.ParseUint(port, 10, 16)
		must(err == nil && errPort == nil && (host == "" || hostName.MatchString(host) || net.ParseIP(host) != nil) && n <= 65535,
			"ADDR", c.Addr, "HOST:PORT, as 127.0.0.1:8080")
	case c.Port == "":
		c.Addr = "127.0.0.1:8080"
	case c.Production():
		c.Addr = ":" + c.Port
	default:
		c.Addr = "127.0.0.1:" + c.Port
	}
}

// isPort reports whether the text is a port, or nothing.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

// site checks what names the site: its address and the domain of its cookie.
func (c *Config) site(must func(bool, string, string, string)) {
	if c.BaseURL == "" {
		must(!c.Production(), "BASE_URL", "", "set in production, as https://app.example.org")
	} else {
		u, err := url.Parse(strings.TrimSuffix(c.BaseURL, "/"))
		ok := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.Path == "" &&
			u.RawQuery == "" && u.Fragment == "" && u.User == nil && (hostName.MatchString(u.Hostname()) || net.ParseIP(u.Hostname()) != nil) && isPort(u.Port())
		must(ok, "BASE_URL", redact(c.BaseURL), "http:// or https:// and a host, without a path, as https://app.example.org")
		if ok {
			u.Host = strings.ToLower(u.Host)
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
	// Of a domain without a dot, browsers keep no cookie; nor of one that the site's host does not belong to.
	ok := hostName.MatchString(c.CookieDomain) && strings.Contains(c.CookieDomain, ".") && c.base != nil
	if ok {
		host := c.base.Hostname()
		ok = host == c.CookieDomain || strings.HasSuffix(host, "."+c.CookieDomain)
	}
	must(ok, "COOKIE_DOMAIN", c.CookieDomain, "the host of BASE_URL, or a domain that it belongs to")
}

// mail checks how mails leave, and completes their sender. What PWNED_PASSWORDS names is asked with a part of a hash.
func (c *Config) mail(must func(bool, string, string, string)) {
	if c.SMTPURL != "" {
		u, err := url.Parse(c.SMTPURL)
		must(err == nil && (u.Scheme == "smtp" || u.Scheme == "smtps") && u.Hostname() != "" && strings.Trim(u.Path, "/") == "",
			"SMTP_URL", redact(c.SMTPURL), "smtp:// or smtps:// and a host, as smtp://USER:PASSWORD@mail.example.org:587")
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
	switch c.PwnedPasswords {
	case "off", "on":
	default:
		u, err := url.Parse(c.PwnedPasswords)
		must(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "", "PWNED_PASSWORDS", redact(c.PwnedPasswords),
			"off, on, or the address of a server, http:// or https://")
	}
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
