package app

import (
	"fmt"
	"strings"
	"time"

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/ratelimit"
)

// limits is the table of everything that is limited: who may try what how often. A new limit is a line here,
// and a setting in package config. `latchkey help limits` prints it.
func limits(cfg config.Config) limitTable {
	const page, silent = "429, says when to come back", "nothing is sent, the answer is the same"
	return limitTable{cfg.LimitWindow, []limitLine{
		{"login.account_address", "log in", "account and address", "LIMIT_LOGIN_ACCOUNT_ADDRESS", cfg.LimitLoginAccountAddress, page},
		{"login.account", "log in", "account", "LIMIT_LOGIN_ACCOUNT", cfg.LimitLoginAccount, page},
		{"login.address", "log in", "address", "LIMIT_LOGIN_ADDRESS", cfg.LimitLoginAddress, page},
		{"login.known", "log in from a known browser", "browser, instead of the three above", "LIMIT_LOGIN_KNOWN_BROWSER", cfg.LimitLoginKnownBrowser, page},
		{"login.confirm", "confirm or change the password", "account", "LIMIT_LOGIN_KNOWN_BROWSER", cfg.LimitLoginKnownBrowser, page},
		{"register.address", "register", "address", "LIMIT_REGISTER_ADDRESS", cfg.LimitRegisterAddress, page},
		{"mail.address", "ask for a mail: forgotten password, proof, another address", "address", "LIMIT_MAIL_ADDRESS", cfg.LimitMailAddress, page},
		{"mail.account", "the same, and a registration that is verified", "account and kind of mail", "LIMIT_MAIL_ACCOUNT", cfg.LimitMailAccount, silent},
		{"link.address", "use a link from a mail", "address", "LIMIT_LINK_ADDRESS", cfg.LimitLinkAddress, page},
		{"export.account", "download one's data", "account", "LIMIT_EXPORT_ACCOUNT", cfg.LimitExportAccount, page},
		{"visitor.address", "be remembered as a new visitor", "address", "LIMIT_VISITOR_ADDRESS", cfg.LimitVisitorAddress, "the page is served, the visitor is not remembered"},
	}}
}

type limitTable struct {
	window time.Duration
	lines  []limitLine
}

type limitLine struct {
	name, act, by, setting string
	tries                  int
	beyond                 string
}

// named returns the limit with this name.
func (t limitTable) named(name string) ratelimit.Limit {
	for _, l := range t.lines {
		if l.name == name {
			return ratelimit.Limit{Name: name, Tries: l.tries, Window: t.window}
		}
	}
	panic("app: there is no limit " + name)
}

// PrintLimits returns the table of limits as `latchkey help limits` prints it.
func PrintLimits(cfg config.Config) string {
	t := limits(cfg)
	var b strings.Builder
	fmt.Fprintf(&b, "So many tries in a row, and as many again over LIMIT_WINDOW (%s).\n"+
		"An address is an IPv4 address or an IPv6 /64. Known browsers have logged in to the account before.\n\n", t.window)
	for _, l := range t.lines {
		fmt.Fprintf(&b, "%5d  %s\n       by %s; %s; then: %s\n", l.tries, l.act, l.by, l.setting, l.beyond)
	}
	return b.String()
}
