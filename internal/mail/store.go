package mail

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// A Mail is a row of the outbox.
type Mail struct {
	ID, Kind   string
	To         string // "" for a decoy, and for a finished mail that belongs to no account
	Subject    string
	Text, HTML string // only while they are kept
	State      string
	At         time.Time // when it was queued
	Due        time.Time // the next attempt
	Expires    time.Time // not sent after that
	Attempts   int
	Err        string // of the last attempt, without addresses and links; "" for none
}

// insert stores a mail, in the caller's transaction.
func (o *Outbox) insert(ctx context.Context, m Mail, userID string) error {
	ended := int64(0)
	if m.State != Waiting {
		ended = m.At.UnixMilli()
	}
	_, err := o.DB.ExecContext(ctx, `
		INSERT INTO outbox (id, user_id, kind, recipient, subject, text, html, state, created_at, expires_at, due_at,
		                    attempts, error, lease, leased_until, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '', '', 0, $12)`,
		m.ID, sql.NullString{String: userID, Valid: userID != ""}, m.Kind, m.To, m.Subject, m.Text, m.HTML, m.State,
		m.At.UnixMilli(), m.Expires.UnixMilli(), m.Due.UnixMilli(), ended)
	return err
}

// blank removes the text of a mail, in the statement that ends it. A mail that belongs to no account loses its recipient
// too: that of a deleted account must not keep the address.
const blank = `text = '', html = '', recipient = CASE WHEN user_id IS NULL THEN '' ELSE recipient END`

// maxListed is the most mails that List returns.
const maxListed = 1000

// List returns the newest 1,000 mails in this state ("" for any), the newest last.
func (o *Outbox) List(ctx context.Context, state string) ([]Mail, error) {
	return o.query(ctx, `
		SELECT `+mailColumns+` FROM outbox
		 WHERE id IN (SELECT id FROM outbox WHERE state = $1 OR $1 = '' ORDER BY id DESC LIMIT $2)
		 ORDER BY id`, state, maxListed)
}

// Retry gives a dead mail new attempts, starting at once; "all" means every dead mail whose text is still kept.
// It returns fault.NotFound if there is no such dead mail, or if its link has ended.
func (o *Outbox) Retry(ctx context.Context, id string) error {
	now := o.Now().UnixMilli()
	res, err := o.DB.ExecContext(ctx, `
		UPDATE outbox SET state = $1, due_at = $2, attempts = 0, ended_at = 0
		 WHERE state = $3 AND expires_at > $2 AND (id = $4 OR $4 = 'all')`, Waiting, now, Dead, id)
	if id != "all" {
		err = database.OneRow(res, err, fmt.Errorf("dead mail %s whose link still works: %w", id, fault.NotFound))
	}
	database.OnCommit(ctx, o.wake)
	return err
}

// How long ended mails are kept.
const (
	keepEnded = 7 * 24 * time.Hour // sent, expired, and in the mailbox
	keepDead  = 30 * 24 * time.Hour
	keepDecoy = time.Hour
)

// Sweep deletes at most 200 mails that ended long ago, blanks dead ones whose link has ended, and returns how many it
// deleted. A mail that seems to have ended in the distant future, because the clock was put back, is deleted too.
func (o *Outbox) Sweep(ctx context.Context) (int64, error) {
	now := o.Now()
	if _, err := o.DB.ExecContext(ctx, `
		UPDATE outbox SET `+blank+` WHERE state = $1 AND expires_at <= $2 AND text <> ''`, Dead, now.UnixMilli()); err != nil {
		return 0, err
	}
	ago, ahead := func(d time.Duration) int64 { return now.Add(-d).UnixMilli() }, func(d time.Duration) int64 { return now.Add(d).UnixMilli() }
	return o.DB.DeleteSome(ctx, "outbox", "id", "state, ended_at", `(state IN ($1, $2, $3) AND ended_at NOT BETWEEN $4 AND $5
		OR state = $6 AND ended_at NOT BETWEEN $7 AND $8 OR state = $9 AND ended_at NOT BETWEEN $10 AND $11)`,
		Sent, Expired, InMailbox, ago(keepEnded), ahead(keepEnded), Dead, ago(keepDead), ahead(keepDead), Decoy, ago(keepDecoy), ahead(keepDecoy))
}

const mailColumns = `id, kind, recipient, subject, text, html, state, created_at, due_at, expires_at, attempts, error`

func (o *Outbox) query(ctx context.Context, query string, args ...any) ([]Mail, error) {
	mails, err := database.All(ctx, o.DB, func(m *Mail) []any {
		return []any{
			&m.ID, &m.Kind, &m.To, &m.Subject, &m.Text, &m.HTML, &m.State, database.Moment(&m.At), database.Moment(&m.Due),
			database.Moment(&m.Expires), &m.Attempts, &m.Err,
		}
	}, query, args...)
	for i, m := range mails { // a decoy has only spaces
		mails[i].Text, mails[i].HTML = strings.TrimSpace(m.Text), strings.TrimSpace(m.HTML)
	}
	return mails, err
}

// Exports are the tables of this package that hold something of a user: mails without their text, which may hold a link.
var Exports = []database.Export{{
	Table: "outbox", About: "Mails to you",
	Columns: "id, kind, recipient, subject, state, created_at, expires_at, due_at, ended_at, attempts, error",
}}
