// Package audit records security events: what happened to whom. Each event is written in the transaction of its act, and
// told to whoever has subscribed, in the same transaction.
package audit

import (
	"context"
	"log/slog"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// KeptFor is how long events are kept; those about no account, for a day.
const KeptFor = 90 * 24 * time.Hour

// An Event is something that happened to an account.
type Event struct {
	Name   string    // one of the constants above
	User   user.User // the zero User for a try that was about no account
	Detail string    // what it was about: a device, an address; may be empty

	Operator   bool   // an operator did it from the command line: nobody is mailed
	NewBrowser bool   // of LoggedIn: this browser had not logged in to the account before
	LoginID    string // the login that did it, or that it was about; "" for none
	SessionID  string // of LoggedIn and LoginExpired: the session of the login
	// FreshSessionID is, of LoginExpired, the session that continues in this browser: a fresh one if the visitor was there,
	// the same if nobody was. What hangs on the old session and should outlive it moves there now.
	FreshSessionID string

	At        time.Time // set by Emit
	Network   string    // set by Emit; truncated
	UserAgent string    // set by Emit, of the browser that did it; "" for the command line
}

// A Subscriber is told of each event, in the transaction of its act. An error undoes the act.
type Subscriber func(ctx context.Context, e Event) error

// A Log records events.
type Log struct {
	db          *database.DB
	log         *slog.Logger
	now         func() time.Time
	subscribers []Subscriber
}

// New returns a log in the database. Each event of a request is also logged to log once its transaction is committed; one
// of an operator's command, or of the janitor, is logged by the next Sweep of a running server, once (ASVS 16.3).
func New(db *database.DB, log *slog.Logger, now func() time.Time) *Log {
	return &Log{db: db, log: log, now: now}
}

// Subscribe adds a subscriber. Call it before anything is served.
func (l *Log) Subscribe(s Subscriber) { l.subscribers = append(l.subscribers, s) }

// Emit records an event and tells the subscribers, in the context's transaction if there is one. A try that was about no
// account is recorded all the same, so that it takes the same time.
func (l *Log) Emit(ctx context.Context, e Event) error {
	info := web.RequestOf(ctx)
	e.At, e.Network, e.UserAgent = l.now(), info.Truncated(), info.UserAgent
	if err := l.insert(ctx, e); err != nil {
		return err
	}
	for _, told := range l.subscribers {
		if err := told(ctx, e); err != nil {
			return err
		}
	}
	if info.ID == "" { // a command, which has no log that anybody keeps, or the janitor
		return l.insertUnlogged(ctx, e)
	}
	attrs := append(e.attrs(), "request", info.ID)
	database.OnCommit(ctx, func() { l.log.InfoContext(ctx, e.Name, attrs...) })
	return nil
}

// attrs are what the log says of the event.
func (e Event) attrs() []any {
	attrs := []any{"event", e.Name, "user", e.User.ID, "network", e.Network}
	if e.LoginID != "" {
		attrs = append(attrs, "login", e.LoginID)
	}
	return attrs
}
