package app

import (
	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/ratelimit"
)

// named are the lines of the table of everything that is limited: who may try what how often. A new limit is a line
// here; its setting comes from it. `latchkey help limits` prints the table.
func named() []ratelimit.Named {
	const silent = "nothing is sent, the answer is the same"
	return []ratelimit.Named{
		{Name: "login.account_address", Act: "log in", By: "account and address", Setting: "LIMIT_LOGIN_ACCOUNT_ADDRESS", Tries: 10},
		{Name: "login.account", Act: "log in", By: "account", Setting: "LIMIT_LOGIN_ACCOUNT", Tries: 30},
		{Name: "login.address", Act: "log in", By: "address", Setting: "LIMIT_LOGIN_ADDRESS", Tries: 100},
		{Name: "login.known", Act: "log in from a known browser", By: "the browser, instead of the three above", Setting: "LIMIT_LOGIN_KNOWN_BROWSER", Tries: 10},
		{Name: "login.confirm", Act: "confirm or change the password", By: "account", Setting: "LIMIT_LOGIN_KNOWN_BROWSER", Tries: 10},
		{Name: "register.address", Act: "register", By: "address", Setting: "LIMIT_REGISTER_ADDRESS", Tries: 100},
		{Name: "mail.address", Act: "ask for a mail (forgotten password, verification, another address)", By: "address", Setting: "LIMIT_MAIL_ADDRESS", Tries: 20},
		{Name: "mail.account", Act: "be sent a mail", By: "account and kind of mail", Setting: "LIMIT_MAIL_ACCOUNT", Tries: 5, Beyond: silent},
		{Name: "link.address", Act: "use a link from a mail", By: "address", Setting: "LIMIT_LINK_ADDRESS", Tries: 60},
		{Name: "export.account", Act: "download one's data", By: "account", Setting: "LIMIT_EXPORT_ACCOUNT", Tries: 5},
		{Name: "visitor.address", Act: "be remembered as a new visitor", By: "address", Setting: "LIMIT_VISITOR_ADDRESS", Tries: 300, Beyond: "the page is served, the visitor is not remembered"},
	}
}

// limits is the table of limits as the settings make it.
func limits(cfg config.Config) ratelimit.Table {
	return ratelimit.NewTable(named(), cfg.LimitWindow, cfg.Int)
}

// PrintLimits returns the table of limits as `latchkey help limits` prints it.
func PrintLimits(cfg config.Config) string { return limits(cfg).Print() }

// Settings are the settings beyond those of Config, as config.Load takes them: those of the limits.
func Settings() []config.Extra {
	return []config.Extra{{Ints: limitSettings(named())}}
}

// limitSettings makes the settings that the lines name, one for those that share it.
func limitSettings(lines []ratelimit.Named) []config.Int {
	var ints []config.Int
	at := map[string]int{}
	for _, l := range lines {
		doc := l.Act + ", by " + l.By
		if l.Beyond != "" {
			doc += "; beyond it " + l.Beyond
		}
		if i, shared := at[l.Setting]; shared {
			ints[i].Doc += "; " + doc
			continue
		}
		at[l.Setting] = len(ints)
		ints = append(ints, config.Int{Name: l.Setting, Default: l.Tries, Min: 1, Max: 1_000_000, Doc: "tries to " + doc})
	}
	return ints
}
