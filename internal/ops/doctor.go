package ops

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/migrate"
	"example.com/latchkey/internal/sqlitefile"
)

// A Level says how bad a finding is. It is the exit code of `latchkey doctor`.
type Level int

const (
	Well   Level = iota // as it should be
	Look                // works, and somebody should have a look
	Broken              // does not work, or is open to everybody
)

func (l Level) String() string { return [...]string{"ok", "look", "broken"}[l] }

// A Finding is what the doctor says about one thing.
type Finding struct {
	Level Level
	About string // one word
	Says  string
	Do    string // what to do about it; "" if it is well
}

// A Doctor checks what a server would run with. It changes nothing, and sends nothing but questions.
type Doctor struct {
	Config     config.Config
	Migrations fs.FS
	Now        func() time.Time
	Mail       func(ctx context.Context) error // greets the mail server and logs in to it
}

// Check returns what it finds, in the order in which it matters.
func (d *Doctor) Check(ctx context.Context) (findings []Finding) {
	for _, check := range []func(ctx context.Context) []Finding{
		d.site, d.cookie, d.proxies, d.mail, d.database, d.files, d.backups, d.disk,
	} {
		findings = append(findings, check(ctx)...)
	}
	return findings
}

// Worst returns the worst level of the findings.
func Worst(findings []Finding) (worst Level) {
	for _, f := range findings {
		worst = max(worst, f.Level)
	}
	return worst
}

func well(about, says string, args ...any) Finding {
	return Finding{Well, about, fmt.Sprintf(says, args...), ""}
}

// site asks the running server at its own address and at BASE_URL, which leads through the proxy.
func (d *Doctor) site(ctx context.Context) (list []Finding) {
	serves := true
	if err := Health(ctx, d.Config.Addr, false); err != nil {
		serves = false
		list = append(list, Finding{Look, "server", "none answers at " + d.Config.Addr, "start it, and ask the doctor again: some things show only then"})
	} else if err := Health(ctx, d.Config.Addr, true); err != nil {
		list = append(list, Finding{Broken, "server", "is not ready: " + err.Error(), "see its log"})
	} else {
		list = append(list, well("server", "serves at %s", d.Config.Addr))
	}
	base := d.Config.Base()
	if base == nil {
		return append(list, well("address", "development, without BASE_URL"))
	}
	if !serves {
		return list
	}
	status, body, err := ask(ctx, base.String()+"/robots.txt")
	switch {
	case err != nil:
		return append(list, Finding{Look, "address", "BASE_URL cannot be reached from here: " + err.Error(), "check the name, the proxy and its certificate, from outside too"})
	case status == http.StatusMisdirectedRequest:
		return append(list, Finding{Broken, "address", "the server refuses what comes by BASE_URL: the proxy does not pass the Host header on", "see docs/how-to/deploy.md for Caddy and nginx"})
	case status != http.StatusOK || !strings.Contains(body, "Disallow: /account"):
		return append(list, Finding{Broken, "address", fmt.Sprintf("somebody else answers at BASE_URL (status %d)", status), "check BASE_URL and the proxy"})
	}
	return append(list, well("address", "%s leads here", base))
}

// cookie compares the cookie's rules with the site's address.
func (d *Doctor) cookie(context.Context) []Finding {
	c := d.Config
	switch {
	case c.Production() && !c.Secure():
		return []Finding{{Broken, "cookie", c.FullCookieName() + " travels over http, for everybody on the way to read", "serve by https, and say so in BASE_URL"}}
	case c.CookieDomain != "":
		return []Finding{{Look, "cookie", c.FullCookieName() + " is shared with every host of " + c.CookieDomain + ", and each of them can plant one", "leave COOKIE_DOMAIN out if no other host needs it"}}
	}
	return []Finding{well("cookie", "%s, for this host alone", c.FullCookieName())}
}

// proxies looks for what would make limits count nobody, or everybody as one.
func (d *Doctor) proxies(context.Context) []Finding {
	for _, p := range d.Config.TrustedProxies {
		if p.Bits() == 0 {
			return []Finding{{Broken, "proxies", "TRUSTED_PROXIES trusts everybody: each client chooses its address, and no limit counts", "name the proxy's network alone"}}
		}
	}
	if len(d.Config.TrustedProxies) == 0 && d.Config.Production() && d.Config.Secure() {
		return []Finding{{Look, "proxies", "https is some proxy's work, and TRUSTED_PROXIES names none: limits count it as one client", "TRUSTED_PROXIES=127.0.0.1, or the proxy's network"}}
	}
	return []Finding{well("proxies", "%d networks are trusted", len(d.Config.TrustedProxies))}
}

func (d *Doctor) mail(ctx context.Context) []Finding {
	switch {
	case d.Config.SMTPURL != "":
	case d.Config.Production():
		return []Finding{{Look, "mail", "SMTP_URL is not set: no mail is sent, and who forgets a password stays out", "set SMTP_URL and MAIL_FROM"}}
	default:
		return []Finding{well("mail", "is shown at /dev/mail")}
	}
	if err := d.Mail(ctx); err != nil {
		return []Finding{{Broken, "mail", "the mail server: " + strings.Join(strings.Fields(err.Error()), " "), "check SMTP_URL: scheme, host, port, user and password"}}
	}
	return []Finding{well("mail", "the mail server greets us and lets us in; sender %s", d.Config.MailFrom)}
}

// database opens the database without making or changing anything, and asks it about itself.
func (d *Doctor) database(ctx context.Context) (list []Finding) {
	db, err := database.OpenWith(ctx, d.Config.DatabaseURL, database.Options{Existing: true})
	if err != nil {
		return []Finding{{Broken, "database", strings.ReplaceAll(err.Error(), "\n", " "), "check DATABASE_URL=" + d.Config.DatabaseName()}}
	}
	defer db.Close() //nolint:errcheck // nothing was written
	list = append(list, well("database", "%s opens", d.Config.DatabaseName()))
	if err := db.QuickCheck(ctx); err != nil {
		list = append(list, Finding{Broken, "database", err.Error(), "stop the server, and `latchkey restore` a backup"})
	}
	pending, err := migrate.Pending(ctx, db, d.Migrations)
	_, foreign := errors.AsType[*migrate.ForeignError](err)
	switch {
	case foreign:
		list = append(list, Finding{Broken, "migrations", err.Error(), "this program does not start on it"})
	case err != nil:
		list = append(list, Finding{Broken, "migrations", err.Error(), "see the line above"})
	case pending:
		list = append(list, Finding{Look, "migrations", "the database lacks some", "`latchkey migrate`, or start the server with AUTO_MIGRATE=on"})
	default:
		list = append(list, well("migrations", "all applied"))
	}
	return append(list, d.clock(ctx, db))
}

// clock compares this machine's clock with whatever else knows something about the time.
func (d *Doctor) clock(ctx context.Context, db *database.DB) Finding {
	const set = "set the clock, and keep it so (NTP): logins, links and limits go by it"
	now := d.Now()
	if last, err := migrate.Last(ctx, db); err == nil && last.After(now.Add(time.Minute)) {
		return Finding{Broken, "clock", fmt.Sprintf("it shows %s, and the database was migrated at %s, which is later", now.UTC().Format(time.DateTime), last.Format(time.DateTime)), set}
	}
	if built := built(); built.After(now) {
		return Finding{Broken, "clock", fmt.Sprintf("it shows %s, and the program's source is of %s, which is later", now.UTC().Format(time.DateTime), built.UTC().Format(time.DateTime)), set}
	}
	if db.Postgres() {
		if theirs, err := db.Clock(ctx); err == nil && theirs.Sub(now).Abs() > 5*time.Second {
			return Finding{Look, "clock", fmt.Sprintf("it shows %s, the database's %s", now.UTC().Format(time.DateTime), theirs.Format(time.DateTime)), set}
		}
	}
	return well("clock", "%s UTC", now.UTC().Format(time.DateTime))
}

// built returns of when the program's source is; the zero time if that is not known.
func built() (at time.Time) {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" {
				at, _ = time.Parse(time.RFC3339, s.Value)
			}
		}
	}
	return at
}

// folder is where the SQLite file is.
// On PostgreSQL it is "".
func (d *Doctor) folder() string {
	if path, err := sqlitefile.Path(d.Config.DatabaseURL); err == nil {
		return filepath.Dir(path)
	}
	return ""
}
