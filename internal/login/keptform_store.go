package login

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/session"
)

// noteRanOut notes that a login of the user ran out on this session: what it posts from now on is kept for the user.
// For a disabled account nothing is noted.
func (m *Module) noteRanOut(ctx context.Context, sessionID, userID string) error {
	_, err := m.DB.ExecContext(ctx, `
		INSERT INTO expired_logins (session_id, user_id, at)
		SELECT $1, id, $2 FROM users WHERE id = $3 AND disabled_at = 0
		ON CONFLICT (session_id) DO UPDATE SET user_id = excluded.user_id, at = excluded.at`,
		sessionID, m.Now().UnixMilli(), userID)
	return err
}

// forgetRanOut forgets where logins of the user ran out: whoever ends all logins means these too.
func (m *Module) forgetRanOut(ctx context.Context, userID string) error {
	_, err := m.DB.ExecContext(ctx, `DELETE FROM expired_logins WHERE user_id = $1`, userID)
	return err
}

// endRanOut ends the sessions of browsers where logins of the user ran out, with what they keep.
func (m *Module) endRanOut(ctx context.Context, userID string) error {
	rows, err := m.DB.QueryContext(ctx, `SELECT session_id FROM expired_logins WHERE user_id = $1 ORDER BY session_id`, userID)
	if err != nil {
		return err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, id := range ids {
		if err := m.Sessions.End(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// ranOutOn reports whether a login ran out on the session with this token, and nobody has logged in there since.
// It returns fault.SessionEnded if the session was ended, or given a new token, meanwhile.
func (m *Module) ranOutOn(ctx context.Context, tokenHash string) (bool, error) {
	var at sql.NullInt64
	err := m.DB.QueryRowContext(ctx, `
		SELECT o.at FROM sessions s LEFT JOIN expired_logins o ON o.session_id = s.id WHERE s.token_hash = $1`, tokenHash).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return false, ended(tokenHash)
	}
	return at.Valid, err
}

func ended(tokenHash string) error {
	return fmt.Errorf("session %.8s…: %w", tokenHash, fault.SessionEnded)
}

// lockSession returns the id of the session with this token, which nobody else logs in on until the transaction ends.
// It returns fault.SessionEnded if it was ended, or given a new token, meanwhile.
func (m *Module) lockSession(ctx context.Context, tokenHash string) (id string, err error) {
	err = m.DB.QueryRowContext(ctx, `UPDATE sessions SET hits = hits WHERE token_hash = $1 RETURNING id`, tokenHash).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = ended(tokenHash)
	}
	return id, err
}

// insertForm keeps a form for the user whose login ran out on this session, in place of one that is there,
// and reports whether there is such a user.
func (m *Module) insertForm(ctx context.Context, sessionID string, f KeptForm) (bool, error) {
	text, err := json.Marshal(storedForm{f.Section, f.Fields, f.Multipart})
	if err != nil {
		return false, err
	}
	res, err := m.DB.ExecContext(ctx, `
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

// A storedForm is the column form.
type storedForm struct {
	Section   string      `json:"section"`
	Fields    []KeptField `json:"fields"`
	Multipart bool        `json:"multipart,omitempty"`
}

// claimForm is part of a log in: a form that is kept on the session stays if it is this user's, and goes if it is
// anybody else's or too old. What was noted of the login before ends. Its transaction holds the session's row.
func (m *Module) claimForm(ctx context.Context, sessionID, userID string) error {
	if _, err := m.DB.ExecContext(ctx, `DELETE FROM expired_logins WHERE session_id = $1`, sessionID); err != nil {
		return err
	}
	_, err := m.DB.ExecContext(ctx, `DELETE FROM kept_forms WHERE session_id = $1 AND (user_id <> $2 OR expires_at <= $3)`,
		sessionID, userID, m.Now().UnixMilli())
	return err
}

// KeptForm returns the form that waits for the user who is logged in on this session.
// It returns fault.NotFound if there is none, or if it is somebody else's, or too old.
func (m *Module) KeptForm(ctx context.Context) (KeptForm, error) {
	var f KeptForm
	var text string
	var sent, until int64
	err := m.DB.QueryRowContext(ctx, `
		SELECT k.path, k.form, k.created_at, k.expires_at
		  FROM sessions s
		  JOIN logins     l ON l.session_id = s.id
		  JOIN kept_forms k ON k.session_id = s.id AND k.user_id = l.user_id
		 WHERE s.token_hash = $1 AND k.expires_at > $2`, session.TokenHash(ctx), m.Now().UnixMilli()).
		Scan(&f.Path, &text, &sent, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return KeptForm{}, fmt.Errorf("kept form: %w", fault.NotFound)
	}
	if err != nil {
		return KeptForm{}, err
	}
	var stored storedForm
	err = json.Unmarshal([]byte(text), &stored)
	f.Section, f.Fields, f.Multipart = stored.Section, stored.Fields, stored.Multipart
	f.Sent, f.Until = database.Time(sent), database.Time(until)
	return f, err
}

// DropForm deletes the form that waits for the visitor, who is logged in. That there is none is no error.
func (m *Module) DropForm(ctx context.Context) error {
	st := standingOf(ctx)
	_, err := m.DB.ExecContext(ctx, `DELETE FROM kept_forms WHERE session_id = $1 AND user_id = $2`, st.login.SessionID, st.user.ID)
	return err
}

// Remains returns what a login that is over has left on the visitor's session, for the page that says what is kept.
func (m *Module) Remains(ctx context.Context) (Remainder, error) {
	var at, until sql.NullInt64
	err := m.DB.QueryRowContext(ctx, `
		SELECT o.at, k.expires_at
		  FROM sessions s
		  LEFT JOIN expired_logins o ON o.session_id = s.id
		  LEFT JOIN kept_forms     k ON k.session_id = s.id AND k.expires_at > $2
		 WHERE s.token_hash = $1`, session.TokenHash(ctx), m.Now().UnixMilli()).Scan(&at, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return Remainder{}, nil
	}
	return Remainder{RanOut: at.Valid, Until: database.Time(until.Int64)}, err
}
