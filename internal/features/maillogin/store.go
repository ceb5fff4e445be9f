package maillogin

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// An asked is a code that a browser asked for.
type asked struct {
	TokenHash, CodeHash  string
	Visitor              string // the browser that asked: its session's id
	UserID               string // "" where no mail was sent
	Email, From, Next    string
	Remember             bool
	Shown                string // the code, once the link was opened
	CreatedAt, ExpiresAt time.Time
}

const columns = `user_id, token_hash, code_hash, visitor, email, remember, next, asked_from, shown, created_at, expires_at`

// into returns where the columns of a row go.
func (a *asked) into() []any {
	return append(database.OrZero(&a.UserID), &a.TokenHash, &a.CodeHash, &a.Visitor, &a.Email, &a.Remember, &a.Next, &a.From, &a.Shown,
		database.Moment(&a.CreatedAt), database.Moment(&a.ExpiresAt))
}

// one returns the code that a query finds, or fault.NotFound.
func (m *MailLogin) one(ctx context.Context, query string, args ...any) (a asked, err error) {
	err = m.DB.QueryRowContext(ctx, query, args...).Scan(a.into()...)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.NotFound
	}
	return a, err
}

// maxAsked is how many codes work in one browser at a time, since mails may arrive late. A new one ends the oldest.
const maxAsked = 3

// insert stores a code for the browser that asked, in a transaction that has locked its session. It ends codes that this
// browser asked for with another address, and the oldest beyond maxAsked.
func (m *MailLogin) insert(ctx context.Context, a asked) error {
	if _, err := m.DB.ExecContext(ctx, `DELETE FROM mail_logins WHERE visitor = $1 AND email <> $2`, a.Visitor, a.Email); err != nil {
		return err
	}
	if _, err := m.DB.ExecContext(ctx, `
		INSERT INTO mail_logins (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10)`,
		sql.NullString{String: a.UserID, Valid: a.UserID != ""}, a.TokenHash, a.CodeHash, a.Visitor, a.Email, database.Bit(a.Remember), a.Next, a.From,
		a.CreatedAt.UnixMilli(), a.ExpiresAt.UnixMilli()); err != nil {
		return err
	}
	_, err := m.DB.ExecContext(ctx, `
		DELETE FROM mail_logins
		 WHERE visitor = $1 AND token_hash NOT IN (
		       SELECT token_hash FROM mail_logins WHERE visitor = $1 ORDER BY created_at DESC, token_hash LIMIT $2)`, a.Visitor, maxAsked)
	return err
}

// of returns the codes that work in this browser, the newest first.
func (m *MailLogin) of(ctx context.Context, visitor string) ([]asked, error) {
	return database.All(ctx, m.DB, (*asked).into, `
		SELECT `+columns+` FROM mail_logins WHERE visitor = $1 AND expires_at > $2 ORDER BY created_at DESC`, visitor, m.Now().UnixMilli())
}

// byLink returns the code of the link whose token has this hash, or fault.NotFound if it does not work any more.
func (m *MailLogin) byLink(ctx context.Context, tokenHash string) (asked, error) {
	return m.one(ctx, `SELECT `+columns+` FROM mail_logins WHERE token_hash = $1 AND expires_at > $2`,
		tokenHash, m.Now().UnixMilli())
}

// openedIn returns the code of the link that this browser opened last, or fault.NotFound if there is none that works.
func (m *MailLogin) openedIn(ctx context.Context, visitor string) (asked, error) {
	return m.one(ctx, `
		SELECT `+columns+` FROM mail_logins WHERE opened_in = $1 AND expires_at > $2 ORDER BY created_at DESC LIMIT 1`,
		visitor, m.Now().UnixMilli())
}

// setOpened records which browser opened the link, and the code that it shows.
func (m *MailLogin) setOpened(ctx context.Context, tokenHash, visitor, code string) error {
	_, err := m.DB.ExecContext(ctx, `UPDATE mail_logins SET opened_in = $1, shown = $2 WHERE token_hash = $3`, visitor, code, tokenHash)
	return err
}

// forgetOpened forgets which link this browser has opened.
func (m *MailLogin) forgetOpened(ctx context.Context, visitor string) error {
	_, err := m.DB.ExecContext(ctx, `UPDATE mail_logins SET opened_in = NULL, shown = '' WHERE opened_in = $1`, visitor)
	return err
}

// use uses up a code, in the transaction of the log in, and ends the account's other codes. It returns errWrong if the code
// was used or ended meanwhile.
func (m *MailLogin) use(ctx context.Context, a asked) error {
	res, err := m.DB.ExecContext(ctx, `DELETE FROM mail_logins WHERE token_hash = $1 AND user_id = $2`, a.TokenHash, a.UserID)
	if err := database.OneRow(res, err, errWrong); err != nil {
		return err
	}
	return m.endAll(ctx, a.UserID)
}

// endAll ends all codes of an account.
func (m *MailLogin) endAll(ctx context.Context, userID string) error {
	_, err := m.DB.ExecContext(ctx, `DELETE FROM mail_logins WHERE user_id = $1`, userID)
	return err
}

// sweep deletes at most 200 expired codes, and returns how many it deleted.
func (m *MailLogin) sweep(ctx context.Context) (int64, error) {
	return m.DB.DeleteSome(ctx, "mail_logins", "token_hash", "expires_at", "expires_at <= $1", m.Now().UnixMilli())
}
