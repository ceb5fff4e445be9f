package audit

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"example.com/latchkey/internal/database"
)

// perPage is the number of events on one page of the history.
const perPage = 50

// Exports are the tables of this package that hold something of a user.
var Exports = []database.Export{
	{Table: "events", About: "Security history", Columns: "id, at, name, detail, ip, user_agent"},
	{Table: "unlogged_events", About: "What an operator just did, until it is in the log", Columns: "id, at, name, detail"},
}

func (l *Log) insert(ctx context.Context, e Event) error {
	_, err := l.db.ExecContext(ctx, `
		INSERT INTO events (id, user_id, at, name, detail, ip, user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		database.NewID(), sql.NullString{String: e.User.ID, Valid: e.User.ID != ""}, e.At.UnixMilli(), e.Name, e.Detail, e.Network, e.UserAgent)
	return err
}

// History returns a page of the user's events, newest first. Pages count from 1; a page that is not there is the nearest
// one that is.
func (l *Log) History(ctx context.Context, userID string, number int) (events []Event, page database.Page, err error) {
	since, total := l.now().Add(-KeptFor).UnixMilli(), 0
	if err := l.db.QueryRowContext(ctx, `SELECT count(*) FROM events WHERE user_id = $1 AND at >= $2`, userID, since).Scan(&total); err != nil {
		return nil, page, err
	}
	page = database.PageOf(total, perPage, number)
	events, err = database.All(ctx, l.db, func(e *Event) []any {
		return []any{database.Moment(&e.At), &e.Name, &e.Detail, &e.Network, &e.UserAgent}
	}, `
		SELECT at, name, detail, ip, user_agent FROM events
		 WHERE user_id = $1 AND at >= $2
		 ORDER BY id DESC
		 LIMIT $3 OFFSET $4`, userID, since, page.Limit, page.Offset)
	return events, page, err
}

// LastUse returns when the user last logged in, did the first of two steps, or confirmed, with what the events' detail
// names ("" for the password); the zero time if that is longer ago than KeptFor.
func (l *Log) LastUse(ctx context.Context, userID, detail string) (at time.Time, err error) {
	err = l.db.QueryRowContext(ctx, `
		SELECT at FROM events
		 WHERE user_id = $1 AND detail = $2 AND name IN ($3, $4, $5)
		 ORDER BY id DESC
		 LIMIT 1`, userID, detail, LoggedIn, Confirmed, FactorAsked).Scan(database.Moment(&at))
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return at, err
}

// insertUnlogged keeps an event until a running server logs it: after its account is gone, too.
func (l *Log) insertUnlogged(ctx context.Context, e Event) error {
	_, err := l.db.ExecContext(ctx, `INSERT INTO unlogged_events (id, user_id, at, name, detail, login) VALUES ($1, $2, $3, $4, $5, $6)`,
		database.NewID(), e.User.ID, e.At.UnixMilli(), e.Name, e.Detail, e.LoginID)
	return err
}

// logWaiting writes to the log what happened outside of requests, in its order. Of several instances one takes each event.
func (l *Log) logWaiting(ctx context.Context) error {
	// Read before anything is locked: nearly always there is none.
	if waits, err := l.db.Exists(ctx, `SELECT 1 FROM unlogged_events`); err != nil || !waits {
		return err
	}
	return l.db.InTx(ctx, func(ctx context.Context) error {
		waiting, err := database.All(ctx, l.db, func(u *unlogged) []any {
			return []any{&u.id, &u.User.ID, database.Moment(&u.At), &u.Name, &u.Detail, &u.LoginID}
		}, `DELETE FROM unlogged_events RETURNING id, user_id, at, name, detail, login`)
		slices.SortFunc(waiting, func(a, b unlogged) int { return strings.Compare(a.id, b.id) })
		database.OnCommit(ctx, func() {
			for _, u := range waiting {
				l.log.InfoContext(ctx, u.Name, append(u.attrs(), "at", u.At.UTC().Format(time.RFC3339), "detail", u.Detail)...)
			}
		})
		return err
	})
}

// An unlogged event, with the id that says when it came.
type unlogged struct {
	id string
	Event
}

// Sweep deletes at most 200 events that are too old, and as many about no account, and returns how many. Those that wait
// for the log it logs.
func (l *Log) Sweep(ctx context.Context) (int64, error) {
	if err := l.logWaiting(ctx); err != nil {
		return 0, err
	}
	old, err := l.db.DeleteSome(ctx, "events", "id", "at", "at < $1", l.now().Add(-KeptFor).UnixMilli())
	if err != nil {
		return old, err
	}
	nobodys, err := l.db.DeleteSome(ctx, "events", "id", "at", "at < $1 AND user_id IS NULL", l.now().Add(-24*time.Hour).UnixMilli())
	return old + nobodys, err
}
