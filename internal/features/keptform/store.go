package keptform

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
)

// noteExpired records that a login of the user expired on this session, so that what is posted from now on is kept for the
// user. A form that already waits for the same user moves to the fresh session. For a disabled account nothing is recorded.
func (k *Kept) noteExpired(ctx context.Context, e audit.Event) error {
	if e.User.Disabled() {
		return nil
	}
	if _, err := k.DB.ExecContext(ctx, `
		INSERT INTO expired_logins (session_id, user_id, at) VALUES ($1, $2, $3)
		ON CONFLICT (session_id) DO UPDATE SET user_id = excluded.user_id, at = excluded.at`,
		e.FreshSessionID, e.User.ID, k.Now().UnixMilli()); err != nil {
		return err
	}
	_, err := k.DB.ExecContext(ctx, `UPDATE kept_forms SET session_id = $1 WHERE session_id = $2 AND user_id = $3`,
		e.FreshSessionID, e.SessionID, e.User.ID)
	return err
}

// forgetExpired deletes the records of where logins of the user expired.
func (k *Kept) forgetExpired(ctx context.Context, userID string) error {
	_, err := k.DB.ExecContext(ctx, `DELETE FROM expired_logins WHERE user_id = $1`, userID)
	return err
}

// endExpired ends the sessions on which logins of the user expired, with all that is kept on them.
func (k *Kept) endExpired(ctx context.Context, userID string) error {
	ids, err := k.DB.Strings(ctx, `SELECT session_id FROM expired_logins WHERE user_id = $1 ORDER BY session_id`, userID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := k.Sessions.End(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// expiredHere reports whether a login expired on the visitor's session, and nobody has logged in there since.
// It returns fault.SessionEnded if the session was ended, or given a new token, meanwhile.
func (k *Kept) expiredHere(ctx context.Context) (bool, error) {
	var at sql.NullInt64
	err := k.DB.QueryRowContext(ctx, `
		SELECT o.at FROM sessions s LEFT JOIN expired_logins o ON o.session_id = s.id WHERE s.token_hash = $1`,
		session.TokenHash(ctx)).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("kept form: %w", fault.SessionEnded)
	}
	return at.Valid, err
}

// A stored is the column form.
type stored struct {
	Section   string  `json:"section"`
	Fields    []Field `json:"fields"`
	Multipart bool    `json:"multipart,omitempty"`
}

// insert keeps a form for the user whose login expired on this session, in place of one that is there, and reports whether
// there is such a user.
func (k *Kept) insert(ctx context.Context, sessionID string, f Form) (bool, error) {
	text, err := json.Marshal(stored{f.Section, f.Fields, f.Multipart})
	if err != nil {
		return false, err
	}
	res, err := k.DB.ExecContext(ctx, `
		INSERT INTO kept_forms (session_id, user_id, path, form, created_at, expires_at)
		SELECT o.session_id, o.user_id, $2, $3, $4, $5
		  FROM expired_logins o
		  JOIN users u ON u.id = o.user_id
		 WHERE o.session_id = $1 AND u.disabled_at = 0
		ON CONFLICT (session_id) DO UPDATE
		   SET user_id = excluded.user_id, path = excluded.path, form = excluded.form,
		       created_at = excluded.created_at, expires_at = excluded.expires_at`,
		sessionID, f.Path, string(text), f.Sent.UnixMilli(), f.Until.UnixMilli())
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// claim runs in the transaction of a log in, which has locked the session's row. It deletes a form that is kept on the
// session unless the form is this user's and not too old.
func (k *Kept) claim(ctx context.Context, sessionID, userID string) error {
	if _, err := k.DB.ExecContext(ctx, `DELETE FROM expired_logins WHERE session_id = $1`, sessionID); err != nil {
		return err
	}
	_, err := k.DB.ExecContext(ctx, `DELETE FROM kept_forms WHERE session_id = $1 AND (user_id <> $2 OR expires_at <= $3)`,
		sessionID, userID, k.Now().UnixMilli())
	return err
}

// find returns the form that waits for the user who is logged in on this session. It returns fault.NotFound if there is
// none, or if it is somebody else's, or too old.
func (k *Kept) find(ctx context.Context) (Form, error) {
	var f Form
	var text string
	err := k.DB.QueryRowContext(ctx, `
		SELECT k.path, k.form, k.created_at, k.expires_at
		  FROM sessions s
		  JOIN logins     l ON l.session_id = s.id
		  JOIN kept_forms k ON k.session_id = s.id AND k.user_id = l.user_id
		 WHERE s.token_hash = $1 AND k.expires_at > $2`, session.TokenHash(ctx), k.Now().UnixMilli()).
		Scan(&f.Path, &text, database.Moment(&f.Sent), database.Moment(&f.Until))
	if errors.Is(err, sql.ErrNoRows) {
		return Form{}, fmt.Errorf("kept form: %w", fault.NotFound)
	}
	if err != nil {
		return Form{}, err
	}
	var column stored
	err = json.Unmarshal([]byte(text), &column)
	f.Section, f.Fields, f.Multipart = column.Section, column.Fields, column.Multipart
	return f, err
}

// drop deletes the form that waits for the user who is logged in. It is no error if there is none.
func (k *Kept) drop(ctx context.Context) error {
	u, _ := login.From(ctx)
	_, err := k.DB.ExecContext(ctx, `
		DELETE FROM kept_forms
		 WHERE user_id = $1 AND session_id = (SELECT id FROM sessions WHERE token_hash = $2)`, u.ID, session.TokenHash(ctx))
	return err
}

// remains reports whether a login expired on the visitor's session, and returns until when a form is kept there, the zero
// time if none is.
func (k *Kept) remains(ctx context.Context) (expired bool, until time.Time, err error) {
	var at sql.NullInt64
	err = k.DB.QueryRowContext(ctx, `
		SELECT o.at, k.expires_at
		  FROM sessions s
		  LEFT JOIN expired_logins o ON o.session_id = s.id
		  LEFT JOIN kept_forms     k ON k.session_id = s.id AND k.expires_at > $2
		 WHERE s.token_hash = $1`, session.TokenHash(ctx), k.Now().UnixMilli()).Scan(&at, database.Moment(&until))
	if errors.Is(err, sql.ErrNoRows) {
		return false, time.Time{}, nil
	}
	return at.Valid, until, err
}

// sweep deletes at most 200 forms that are older than an hour, and returns how many it deleted.
func (k *Kept) sweep(ctx context.Context) (int64, error) {
	return k.DB.DeleteSome(ctx, "kept_forms", "session_id", "expires_at", "expires_at <= $1", k.Now().UnixMilli())
}
