package login

import (
	"context"
	"encoding/json"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/web"
)

// What a user downloads of the module's own tables, and of the sessions that the user is logged in on. Each struct is a
// row in JSON, named like its columns. What proves something stays out, even as a hash: passwords, tokens, and what
// the links in mails carry. A column that is added to a table is added here too; a test says so.

// Exports are the tables of a user that the module keeps.
func (m *Module) Exports() []web.Export {
	return []web.Export{
		{Table: "users", About: "Your account", Rows: m.exportUser},
		{Table: "logins", About: "Where you are logged in", Rows: m.exportLogins},
		{Table: "sessions", About: "What is kept for those browsers", Rows: m.exportSessions},
		{Table: "trail", About: "Recent page views of those browsers", Rows: m.exportTrail},
		{Table: "known_browsers", About: "Browsers that have logged in before", Rows: m.exportKnownBrowsers},
		{Table: "tokens", About: "Links that were sent to you", Rows: m.exportTokens},
		{Table: "outbox", About: "Mails to you", Rows: m.exportMails},
		{Table: "reserved_emails", About: "Addresses that you can take back", Rows: m.exportHeld},
		{Table: "events", About: "Security history", Rows: m.exportEvents},
		{Table: "kept_forms", About: "Forms that you sent when a login had run out", Rows: m.exportKeptForms},
		{Table: "expired_logins", About: "Browsers where a login ran out", Rows: m.exportRanOutLogins},
	}
}

// TakeExport counts a download of the user's data. It returns fault.RateLimited after too many.
// It writes the activity that waits, so that the download holds everything that is kept.
func (m *Module) TakeExport(ctx context.Context, userID string) error {
	if err := m.Limits.Take(ctx, m.Tries.Export.For(userID)); err != nil {
		return err
	}
	return m.Sessions.Flush(ctx)
}

// Exported notes that the visitor's data were downloaded, and mails a notice of it: the download is ready, and its first
// byte not yet out.
func (m *Module) Exported(ctx context.Context) error {
	st := standingOf(ctx)
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.note(ctx, DataExported, st.user.ID, "", "login", st.login.ID); err != nil {
			return err
		}
		return m.notify(ctx, st.user, mail.DataWasExported)
	})
}

// moment is a time in the download, RFC 3339 in UTC; nil, which is null, for one that has not come.
func moment(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := database.Time(ms)
	return &t
}

type exportedUser struct {
	ID                string     `json:"id"`
	Email             string     `json:"email"`
	EmailKey          string     `json:"email_key"`
	Name              string     `json:"name"`
	Timezone          string     `json:"timezone"`
	Role              string     `json:"role"`
	CreatedAt         *time.Time `json:"created_at"`
	VerifiedAt        *time.Time `json:"verified_at"`
	PasswordChangedAt *time.Time `json:"password_changed_at"`
	DisabledAt        *time.Time `json:"disabled_at"`
}

type exportedLogin struct {
	ID         string     `json:"id"`
	SessionID  string     `json:"session_id"`
	CreatedAt  *time.Time `json:"created_at"`
	SeenAt     *time.Time `json:"seen_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	Remembered bool       `json:"remembered"`
	FreshAt    *time.Time `json:"fresh_at"`
	IP         string     `json:"ip"`
	UserAgent  string     `json:"user_agent"`
}

type exportedSession struct {
	ID        string          `json:"id"`
	Data      json.RawMessage `json:"data"` // null if it cannot be read
	CreatedAt *time.Time      `json:"created_at"`
	SeenAt    *time.Time      `json:"seen_at"`
	ExpiresAt *time.Time      `json:"expires_at"`
	Hits      int64           `json:"hits"`
	IP        string          `json:"ip"`
	UserAgent string          `json:"user_agent"`
}

type exportedView struct {
	ID        string     `json:"id"`
	SessionID string     `json:"session_id"`
	At        *time.Time `json:"at"`
	Method    string     `json:"method"`
	Pattern   string     `json:"pattern"`
	Status    int64      `json:"status"`
}

type exportedKnownBrowser struct {
	CreatedAt *time.Time `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
}

type exportedToken struct {
	Purpose   string     `json:"purpose"`
	Subject   string     `json:"subject"`
	CreatedAt *time.Time `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	UsedAt    *time.Time `json:"used_at"`
}

// exportedMail is a mail without its text, which may hold a link.
type exportedMail struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	Recipient string     `json:"recipient"`
	Subject   string     `json:"subject"`
	State     string     `json:"state"`
	CreatedAt *time.Time `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	DueAt     *time.Time `json:"due_at"`
	EndedAt   *time.Time `json:"ended_at"`
	Attempts  int64      `json:"attempts"`
	Error     string     `json:"error"`
}

type exportedHeld struct {
	EmailKey  string     `json:"email_key"`
	ExpiresAt *time.Time `json:"expires_at"`
}

type exportedEvent struct {
	ID        string     `json:"id"`
	At        *time.Time `json:"at"`
	Name      string     `json:"name"`
	Detail    string     `json:"detail"`
	IP        string     `json:"ip"`
	UserAgent string     `json:"user_agent"`
}

type exportedForm struct {
	SessionID string          `json:"session_id"`
	Path      string          `json:"path"`
	Form      json.RawMessage `json:"form"`
	CreatedAt *time.Time      `json:"created_at"`
	ExpiresAt *time.Time      `json:"expires_at"`
}

type exportedRanOut struct {
	SessionID string     `json:"session_id"`
	At        *time.Time `json:"at"`
}
